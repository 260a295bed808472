with

customers as (
    select
        customer_id,
        coalesce(country, '*') as country
    from {{ ref('dim_customers') }}
    where not is_deleted and not is_erased
),

channels as (
    select * from {{ ref('contact_channels') }}
),

purposes as (
    select * from {{ ref('consent_purposes') }}
),

rules as (
    select * from {{ ref('consent_rules') }}
),

decisions as (
    select * from {{ ref('int_consents_decided') }}
),

{# The most exact rule counts: country and channel, then country, then the default. #}
regimes as (
    select
        countries.country,
        channels.channel,
        coalesce(exact.regime, by_country.regime, by_default.regime, 'opt_in') as regime
    from (select distinct country from customers) as countries
    cross join channels
    left join rules as exact on countries.country = exact.country and channels.channel = exact.channel
    left join rules as by_country on countries.country = by_country.country and by_country.channel = '*'
    left join rules as by_default on by_default.country = '*' and by_default.channel = '*'
)

select
    customers.customer_id,
    regimes.channel,
    purposes.purpose,
    coalesce(decisions.status, 'unknown') as status,
    decisions.occurred_at as since,
    case
        when decisions.status is null then regimes.regime = 'opt_out'
        else decisions.status = 'granted'
    end as is_allowed,
    coalesce(decisions.reason, 'unknown_' || regimes.regime) as reason
from customers
inner join regimes on customers.country = regimes.country
cross join purposes
left join decisions
    on
        customers.customer_id = decisions.customer_id
        and regimes.channel = decisions.channel
        and purposes.purpose = decisions.purpose
