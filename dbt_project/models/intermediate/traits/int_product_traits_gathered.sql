with

customers as (
    select * from {{ ref('dim_customers') }}
    where not is_deleted and not is_erased
),

carts as (
    select
        *,
        row_number() over (partition by customer_id order by abandoned_at desc, cart_key asc) as cart_rank
    from {{ ref('fct_abandoned_carts') }}
    where recovered_at is null and {{ days_between('abandoned_at', as_of_date()) }} <= {{ var('cart_recovery_days') }}
),

recommendations as (
    select
        customer_id,
        max(case when rank = 1 then product_id end) as product_1_id,
        max(case when rank = 1 then reason end) as product_1_reason,
        max(case when rank = 2 then product_id end) as product_2_id,
        max(case when rank = 2 then reason end) as product_2_reason,
        max(case when rank = 3 then product_id end) as product_3_id,
        max(case when rank = 3 then reason end) as product_3_reason
    from {{ ref('fct_product_recommendations') }}
    group by customer_id
),

replenishments as (
    select
        *,
        row_number() over (partition by customer_id order by due_on desc, product_id asc) as due_rank
    from {{ ref('fct_replenishments_due') }}
    where is_due
),

browses as (
    select * from {{ ref('int_browses_summed_to_customers') }}
)

select
    customers.customer_id,
    carts.customer_id is not null as has_abandoned_cart,
    carts.cart_key as abandoned_cart_key,
    carts.stage_reached as abandoned_cart_stage,
    carts.value_amount as abandoned_cart_value_amount,
    carts.abandoned_at as abandoned_cart_at,
    {{ days_between('carts.abandoned_at', as_of_date()) }} as days_since_abandoned_cart,
    browses.last_browsed_product_id,
    browses.last_browsed_at,
    browses.abandoned_browse_product_id,
    browses.abandoned_browse_at,
    {{ days_between('browses.abandoned_browse_at', as_of_date()) }} as days_since_abandoned_browse,
    recommendations.product_1_id as recommended_product_1_id,
    recommendations.product_1_reason as recommended_product_1_reason,
    recommendations.product_2_id as recommended_product_2_id,
    recommendations.product_2_reason as recommended_product_2_reason,
    recommendations.product_3_id as recommended_product_3_id,
    recommendations.product_3_reason as recommended_product_3_reason,
    replenishments.product_id as replenishment_due_product_id,
    replenishments.due_on as replenishment_due_on,
    {{ days_between('replenishments.due_on', as_of_date()) }} as days_since_replenishment_due
from customers
left join carts on customers.customer_id = carts.customer_id and carts.cart_rank = 1
left join recommendations on customers.customer_id = recommendations.customer_id
left join replenishments on customers.customer_id = replenishments.customer_id and replenishments.due_rank = 1
left join browses on customers.customer_id = browses.customer_id
