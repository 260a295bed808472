with

order_products as (
    select
        order_id,
        product_id,
        count(*) over (partition by order_id) as basket_size
    from {{ ref('int_order_products_listed') }}
),

baskets as (
    select * from order_products
    where basket_size <= {{ var('affinity_max_products') }}
),

total as (
    select count(distinct order_id) as baskets from baskets
),

{# A pair cannot be frequent when one of the two is not. #}
frequent_products as (
    select
        product_id,
        count(*) as orders
    from baskets
    group by product_id
    having count(*) >= {{ var('affinity_min_orders') }}
),

frequent_lines as (
    select
        baskets.order_id,
        baskets.product_id
    from baskets
    inner join frequent_products on baskets.product_id = frequent_products.product_id
    where baskets.basket_size > 1
),

pairs as (
    select
        lines.product_id,
        other_lines.product_id as other_product_id,
        count(*) as orders_together
    from frequent_lines as lines
    inner join frequent_lines as other_lines
        on
            lines.order_id = other_lines.order_id
            and lines.product_id < other_lines.product_id
    group by lines.product_id, other_lines.product_id
    having count(*) >= {{ var('affinity_min_orders') }}
),

rules as (
    select
        product_id,
        other_product_id,
        orders_together
    from pairs
    union all
    select
        other_product_id as product_id,
        product_id as other_product_id,
        orders_together
    from pairs
)

select
    rules.product_id,
    rules.other_product_id,
    cast(rules.orders_together as bigint) as orders_together,
    cast(bought.orders as bigint) as orders_with_product,
    cast(other_bought.orders as bigint) as orders_with_other_product,
    {{ ratio('rules.orders_together', 'total.baskets') }} as support,
    {{ ratio('rules.orders_together', 'bought.orders') }} as confidence,
    {{ ratio('rules.orders_together * total.baskets', 'bought.orders * other_bought.orders') }} as lift
from rules
cross join total
inner join frequent_products as bought on rules.product_id = bought.product_id
inner join frequent_products as other_bought on rules.other_product_id = other_bought.product_id
