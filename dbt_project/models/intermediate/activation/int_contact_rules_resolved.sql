with

countries as (
    select distinct coalesce(country, '*') as country from {{ ref('dim_customers') }}
    where not is_deleted and not is_erased
),

channels as (
    select * from {{ ref('contact_channels') }}
),

rules as (
    select * from {{ ref('consent_rules') }}
)

select
    countries.country,
    channels.channel,
    coalesce(exact.regime, by_country.regime, by_default.regime, 'opt_in') as regime,
    coalesce(
        exact.needs_confirmation, by_country.needs_confirmation, by_default.needs_confirmation, false
    ) as needs_confirmation
from countries
cross join channels
left join rules as exact on countries.country = exact.country and channels.channel = exact.channel
left join rules as by_country on countries.country = by_country.country and by_country.channel = '*'
left join rules as by_default on by_default.country = '*' and by_default.channel = '*'
