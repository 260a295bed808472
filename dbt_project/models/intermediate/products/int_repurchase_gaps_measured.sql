with

order_products as (
    select * from {{ ref('int_order_products_listed') }}
),

repeated as (
    select * from {{ ref('int_products_owned') }}
    where order_count > {{ var('replenishment_min_gaps') }}
),

products as (
    select * from {{ ref('stg_shop__products') }}
    where replenishment_days is not null
),

days as (
    select distinct
        order_products.customer_id,
        order_products.product_id,
        order_products.ordered_on
    from order_products
    inner join repeated
        on
            order_products.customer_id = repeated.customer_id
            and order_products.product_id = repeated.product_id
    left join products on order_products.product_id = products.product_id
    where products.product_id is null
),

sequenced as (
    select
        customer_id,
        product_id,
        ordered_on,
        lag(ordered_on) over (partition by customer_id, product_id order by ordered_on) as previous_on
    from days
),

gaps as (
    select
        customer_id,
        product_id,
        {{ days_between('previous_on', 'ordered_on') }} as gap_days
    from sequenced
    where previous_on is not null
)

select
    customer_id,
    product_id,
    cast(floor(percentile_cont(0.5) within group (order by gap_days) + 0.5) as bigint) as median_gap_days,
    cast(count(*) as bigint) as gap_count
from gaps
group by customer_id, product_id
having count(*) >= {{ var('replenishment_min_gaps') }}
