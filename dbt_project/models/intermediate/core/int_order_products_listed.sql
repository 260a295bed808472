with

orders as (
    select * from {{ ref('int_orders_netted_of_refunds') }}
    where is_counted
),

order_items as (
    select * from {{ ref('stg_shop__order_items') }}
)

select distinct
    orders.order_id,
    orders.customer_id,
    order_items.product_id,
    orders.ordered_at,
    orders.ordered_on
from orders
inner join order_items on orders.order_id = order_items.order_id
