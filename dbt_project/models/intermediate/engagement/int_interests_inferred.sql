with

views as (
    select
        customer_id,
        product_id,
        count(*) as weight
    from {{ ref('int_human_events_kept') }}
    where
        customer_id is not null
        and product_id is not null
        and event_name in {{ text_list(var('product_view_events')) }}
        and occurred_at >= {{ add_days(as_of_date(), '-' ~ var('interest_lookback_days')) }}
    group by customer_id, product_id
),

orders as (
    select * from {{ ref('int_orders_netted_of_refunds') }}
    where is_counted and {{ days_between('ordered_on', as_of_date()) }} <= {{ var('interest_lookback_days') }}
),

order_items as (
    select * from {{ ref('stg_shop__order_items') }}
),

products as (
    select
        product_id,
        lower(category) as interest
    from {{ ref('stg_shop__products') }}
    where category is not null
),

acts as (
    select * from views
    union all
    select
        orders.customer_id,
        order_items.product_id,
        {{ var('interest_line_weight') }} as weight
    from orders
    inner join order_items on orders.order_id = order_items.order_id
),

summed as (
    select
        acts.customer_id,
        products.interest,
        sum(acts.weight) as weight
    from acts
    inner join products on acts.product_id = products.product_id
    group by acts.customer_id, products.interest
),

weighed as (
    select
        customer_id,
        interest,
        weight,
        sum(weight) over (partition by customer_id) as weight_of_customer,
        sum(weight) over (partition by interest) as weight_of_interest,
        sum(weight) over () as weight_of_all
    from summed
)

select
    customer_id,
    interest,
    (weight + {{ var('interest_prior_weight') }} * {{ ratio('weight_of_interest', 'weight_of_all') }})
    / cast(weight_of_customer + {{ var('interest_prior_weight') }} as {{ t_double() }}) as affinity
from weighed
