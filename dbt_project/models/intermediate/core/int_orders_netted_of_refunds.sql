with

orders as (
    select * from {{ ref('stg_shop__orders') }}
),

exchange_rates as (
    select * from {{ ref('stg_shop__exchange_rates') }}
),

base_currency as (
    select * from {{ ref('stg_shop__base_currency') }}
),

dated as (
    select
        orders.*,
        cast(orders.ordered_at as date) as ordered_on,
        case when orders.currency <> base_currency.base_currency then orders.currency end as foreign_currency,
        orders.gross_amount - coalesce(orders.discount_amount, 0) - coalesce(orders.refunded_amount, 0)
            as net_in_currency
    from orders
    cross join base_currency
),

{# One look-up a currency and day, not one an order. #}
rate_days as (
    select
        currency_days.foreign_currency,
        currency_days.ordered_on,
        max(exchange_rates.rate_date) as rate_date
    from (
        select distinct
            foreign_currency,
            ordered_on
        from dated
        where foreign_currency is not null
    ) as currency_days
    inner join exchange_rates
        on
            currency_days.foreign_currency = exchange_rates.currency
            and currency_days.ordered_on >= exchange_rates.rate_date
    group by currency_days.foreign_currency, currency_days.ordered_on
),

rated as (
    select
        dated.*,
        cast(case when dated.foreign_currency is null then 1 else exchange_rates.rate_to_base end as decimal(18, 8))
            as rate_to_base,
        dated.status = 'completed' or (dated.status = 'refunded' and dated.net_in_currency > 0) as is_counted
    from dated
    left join rate_days
        on
            dated.foreign_currency = rate_days.foreign_currency
            and dated.ordered_on = rate_days.ordered_on
    left join exchange_rates
        on
            rate_days.foreign_currency = exchange_rates.currency
            and rate_days.rate_date = exchange_rates.rate_date
)

select
    order_id,
    customer_id,
    status,
    is_counted,
    rate_to_base,
    cast(net_in_currency * rate_to_base as decimal(18, 4)) as net_amount,
    ordered_at,
    ordered_on,
    case
        when is_counted then null
        when status = 'cancelled' and cancelled_at > ordered_at then cancelled_at
        when status = 'refunded' and refunded_at > ordered_at then refunded_at
        else ordered_at
    end as voided_at
from rated
