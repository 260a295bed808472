with

orders as (
    select
        *,
        {{ days_between('ordered_on', as_of_date()) }} as days_ago
    from {{ ref('int_orders_netted_of_refunds') }}
    where is_counted
),

order_items as (
    select * from {{ ref('stg_shop__order_items') }}
),

products as (
    select * from {{ ref('stg_shop__products') }}
),

summed as (
    select
        customer_id,
        min(ordered_at) as first_ordered_at,
        max(ordered_at) as last_ordered_at,
        count(*) as order_count,
        sum(case when days_ago <= 90 then 1 else 0 end) as order_count_90d,
        sum(case when days_ago <= 365 then 1 else 0 end) as order_count_365d,
        sum(net_amount) as net_revenue_amount,
        sum(case when days_ago <= 365 then net_amount else 0 end) as net_revenue_365d_amount
    from orders
    group by customer_id
),

first_orders as (
    select customer_id, min(order_id) as order_id
    from (
        select
            customer_id,
            order_id,
            rank() over (partition by customer_id order by ordered_at) as order_rank
        from orders
    ) as ranked
    where order_rank = 1
    group by customer_id
),

first_lines as (
    select first_orders.customer_id, first_orders.order_id, min(order_items.line_number) as line_number
    from first_orders
    inner join order_items on first_orders.order_id = order_items.order_id
    group by first_orders.customer_id, first_orders.order_id
),

first_products as (
    select first_lines.customer_id, products.category
    from first_lines
    inner join order_items
        on first_lines.order_id = order_items.order_id
        and first_lines.line_number = order_items.line_number
    inner join products on order_items.product_id = products.product_id
)

select
    summed.customer_id,
    summed.first_ordered_at,
    summed.last_ordered_at,
    {{ days_between('summed.last_ordered_at', as_of_date()) }} as days_since_last_order,
    cast(summed.order_count as bigint) as order_count,
    cast(summed.order_count_90d as bigint) as order_count_90d,
    cast(summed.order_count_365d as bigint) as order_count_365d,
    cast(summed.net_revenue_amount as decimal(18, 4)) as net_revenue_amount,
    cast(summed.net_revenue_365d_amount as decimal(18, 4)) as net_revenue_365d_amount,
    cast({{ ratio('summed.net_revenue_amount', 'summed.order_count') }} as decimal(18, 4))
        as average_order_value_amount,
    first_products.category as first_product_category
from summed
left join first_products on summed.customer_id = first_products.customer_id
