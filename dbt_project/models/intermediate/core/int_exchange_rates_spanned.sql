with

exchange_rates as (
    select * from {{ ref('stg_shop__exchange_rates') }}
),

base_currency as (
    select base_currency from {{ ref('stg_shop__base_currency') }}
    where base_currency is not null
),

foreign_rates as (
    select
        exchange_rates.currency,
        exchange_rates.rate_date,
        exchange_rates.rate_to_base
    from exchange_rates
    left join base_currency on exchange_rates.currency = base_currency.base_currency
    where base_currency.base_currency is null
)

select
    currency,
    rate_date as valid_from,
    lead(rate_date) over (partition by currency order by rate_date) as valid_until,
    cast(rate_to_base as decimal(18, 8)) as rate_to_base
from foreign_rates

union all

select
    base_currency as currency,
    cast('1900-01-01' as date) as valid_from,
    cast(null as date) as valid_until,
    cast(1 as decimal(18, 8)) as rate_to_base
from base_currency
