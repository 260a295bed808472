with current_rows as (
    {{ current_rows('orders') }}
),

base_currency as (
    select * from {{ ref('stg_shop__base_currency') }}
),

exchange_rates as (
    select * from {{ ref('stg_shop__exchange_rates') }}
),

first_rates as (
    select
        currency,
        min(rate_date) as first_rate_date
    from exchange_rates
    group by currency
)

select current_rows.order_id
from current_rows
cross join base_currency
left join first_rates on current_rows.currency = first_rates.currency
where
    current_rows.currency <> base_currency.base_currency
    and (
        first_rates.first_rate_date is null
        or first_rates.first_rate_date > cast(current_rows.ordered_at as date)
    )
