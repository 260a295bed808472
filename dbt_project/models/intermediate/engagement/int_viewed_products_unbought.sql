with

views as (
    select
        customer_id,
        product_id,
        max(occurred_at) as last_viewed_at
    from {{ ref('int_human_events_kept') }}
    where
        customer_id is not null
        and product_id is not null
        and event_name in {{ text_list(var('product_view_events')) }}
        and occurred_at >= {{ add_days(as_of_date(), '-30') }}
    group by customer_id, product_id
),

orders as (
    select * from {{ ref('int_orders_netted_of_refunds') }}
    where is_counted and {{ days_between('ordered_on', as_of_date()) }} <= 30
),

order_items as (
    select * from {{ ref('stg_shop__order_items') }}
),

bought as (
    select distinct
        orders.customer_id,
        order_items.product_id
    from orders
    inner join order_items on orders.order_id = order_items.order_id
)

select
    views.customer_id,
    views.product_id,
    views.last_viewed_at
from views
left join bought
    on
        views.customer_id = bought.customer_id
        and views.product_id = bought.product_id
where bought.product_id is null
