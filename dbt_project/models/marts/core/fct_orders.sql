with

orders as (
    select * from {{ ref('stg_shop__orders') }}
),

netted as (
    select * from {{ ref('int_orders_netted_of_refunds') }}
),

numbered as (
    select
        order_id,
        row_number() over (partition by customer_id order by ordered_at, order_id) as order_number
    from netted
    where is_counted
)

select
    orders.order_id,
    orders.customer_id,
    orders.status,
    orders.currency,
    orders.payment_method,
    orders.coupon_code,
    orders.channel,
    orders.country,
    netted.is_counted,
    cast(numbered.order_number as bigint) as order_number,
    cast(orders.gross_amount * netted.rate_to_base as decimal(18, 4)) as gross_amount,
    cast(coalesce(orders.discount_amount, 0) * netted.rate_to_base as decimal(18, 4)) as discount_amount,
    cast(coalesce(orders.refunded_amount, 0) * netted.rate_to_base as decimal(18, 4)) as refunded_amount,
    netted.net_amount,
    cast(coalesce(orders.tax_amount, 0) * netted.rate_to_base as decimal(18, 4)) as tax_amount,
    cast(coalesce(orders.shipping_amount, 0) * netted.rate_to_base as decimal(18, 4)) as shipping_amount,
    orders.ordered_at,
    netted.voided_at
from orders
inner join netted on orders.order_id = netted.order_id
left join numbered on orders.order_id = numbered.order_id
