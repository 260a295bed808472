with

orders as (
    select * from {{ ref('int_orders_netted_of_refunds') }}
    where is_counted
),

subscriptions as (
    select
        customer_id,
        currency,
        monthly_amount,
        cast(started_at as date) as started_on,
        cast(ended_at as date) as ended_on
    from {{ ref('stg_shop__subscriptions') }}
),

exchange_rates as (
    select * from {{ ref('int_exchange_rates_spanned') }}
)

select
    customer_id,
    ordered_on as starts_on,
    {{ add_days('ordered_on', var('revenue_days') ~ ' + 1') }} as ends_on,
    net_amount as revenue_amount
from orders

union all

select
    subscriptions.customer_id,
    subscriptions.started_on as starts_on,
    subscriptions.ended_on as ends_on,
    cast(
        12 * subscriptions.monthly_amount
        * case when subscriptions.currency is null then 1 else exchange_rates.rate_to_base end as decimal(18, 4)
    ) as revenue_amount
from subscriptions
left join exchange_rates
    on
        subscriptions.currency = exchange_rates.currency
        and subscriptions.started_on >= exchange_rates.valid_from
        and (exchange_rates.valid_until is null or subscriptions.started_on < exchange_rates.valid_until)
where
    (subscriptions.ended_on is null or subscriptions.ended_on > subscriptions.started_on)
    and (subscriptions.currency is null or exchange_rates.currency is not null)
