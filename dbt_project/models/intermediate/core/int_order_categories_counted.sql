with

orders as (
    select * from {{ ref('int_orders_netted_of_refunds') }}
    where is_counted
),

order_products as (
    select * from {{ ref('int_order_products_listed') }}
),

products as (
    select * from {{ ref('stg_shop__products') }}
),

{# An order counts once in each category it holds. #}
order_categories as (
    select distinct
        order_products.order_id,
        order_products.ordered_on,
        coalesce(products.category, '(unknown)') as product_category
    from order_products
    left join products on order_products.product_id = products.product_id
)

select
    {{ month_start('ordered_on') }} as period_start,
    product_category,
    cast(count(*) as bigint) as order_count
from order_categories
group by 1, 2

union all

select
    {{ month_start('ordered_on') }} as period_start,
    'all' as product_category,
    cast(count(*) as bigint) as order_count
from orders
group by 1, 2
