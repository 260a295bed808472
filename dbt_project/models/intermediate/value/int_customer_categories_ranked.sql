with

order_products as (
    select * from {{ ref('int_order_products_listed') }}
),

products as (
    select * from {{ ref('stg_shop__products') }}
    where category is not null
),

counted as (
    select
        order_products.customer_id,
        products.category,
        count(*) as product_count,
        max(order_products.ordered_at) as last_ordered_at
    from order_products
    inner join products on order_products.product_id = products.product_id
    group by order_products.customer_id, products.category
)

select
    customer_id,
    category,
    cast(product_count as bigint) as product_count,
    last_ordered_at,
    cast(
        row_number() over (
            partition by customer_id order by product_count desc, last_ordered_at desc, category asc
        ) as bigint
    ) as top_rank,
    cast(
        row_number() over (
            partition by customer_id order by last_ordered_at desc, product_count desc, category asc
        ) as bigint
    ) as last_rank
from counted
