with

orders as (
    select
        *,
        {{ days_between('ordered_at', as_of_date()) }} as days_ago
    from {{ ref('fct_orders') }}
    where is_counted
),

summed as (
    select
        customer_id,
        min(ordered_at) as first_ordered_at,
        max(ordered_at) as last_ordered_at,
        min(days_ago) as days_since_last_order,
        count(*) as order_count,
        sum(case when days_ago <= 90 then 1 else 0 end) as order_count_90d,
        sum(case when days_ago <= 365 then 1 else 0 end) as order_count_365d,
        sum(net_amount) as net_revenue_amount,
        sum(case when days_ago <= 365 then net_amount else 0 end) as net_revenue_365d_amount,
        sum(case when days_ago <= 365 then gross_amount else 0 end) as gross_365d_amount,
        sum(case when days_ago <= 365 then discount_amount else 0 end) as discount_365d_amount
    from orders
    group by customer_id
)

select
    customer_id,
    first_ordered_at,
    last_ordered_at,
    days_since_last_order,
    cast(order_count as bigint) as order_count,
    cast(order_count_90d as bigint) as order_count_90d,
    cast(order_count_365d as bigint) as order_count_365d,
    cast(net_revenue_amount as decimal(18, 4)) as net_revenue_amount,
    cast(net_revenue_365d_amount as decimal(18, 4)) as net_revenue_365d_amount,
    cast({{ ratio('net_revenue_amount', 'order_count') }} as decimal(18, 4)) as average_order_value_amount,
    {{ ratio('discount_365d_amount', 'gross_365d_amount') }} as discount_share_365d
from summed
