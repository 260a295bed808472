with

orders as (
    select
        customer_id,
        order_id,
        row_number() over (partition by customer_id order by ordered_at, order_id) as order_number
    from {{ ref('int_orders_netted_of_refunds') }}
    where is_counted
),

order_items as (
    select * from {{ ref('stg_shop__order_items') }}
),

products as (
    select * from {{ ref('stg_shop__products') }}
),

first_lines as (
    select
        orders.customer_id,
        orders.order_id,
        min(order_items.line_number) as line_number
    from orders
    inner join order_items on orders.order_id = order_items.order_id
    where orders.order_number = 1
    group by orders.customer_id, orders.order_id
)

select
    first_lines.customer_id,
    products.category as first_product_category
from first_lines
inner join order_items
    on
        first_lines.order_id = order_items.order_id
        and first_lines.line_number = order_items.line_number
inner join products on order_items.product_id = products.product_id
