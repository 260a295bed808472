with

purchases as (
    select * from {{ ref('fct_customer_purchases') }}
),

frequency_bands as (
    select * from {{ ref('order_frequency_bands') }}
),

value_bands as (
    select * from {{ ref('order_value_bands') }}
)

select
    purchases.customer_id,
    frequency_bands.order_frequency_band,
    value_bands.order_value_band,
    purchases.net_revenue_amount
from purchases
left join frequency_bands
    on
        purchases.order_count >= frequency_bands.orders_from
        and (frequency_bands.orders_below is null or purchases.order_count < frequency_bands.orders_below)
left join value_bands
    on
        purchases.average_order_value_amount >= value_bands.amount_from
        and (value_bands.amount_below is null or purchases.average_order_value_amount < value_bands.amount_below)
