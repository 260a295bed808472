with

orders as (
    select * from {{ ref('fct_orders') }}
    where is_counted
),

items as (
    select * from {{ ref('stg_shop__order_items') }}
),

products as (
    select
        product_id,
        cost_amount / nullif(price_amount, 0) as cost_share
    from {{ ref('stg_shop__products') }}
    where cost_amount is not null
),

{# Price and cost are in one currency, so that their share needs no rate. #}
costs as (
    select
        items.order_id,
        {{ ratio('sum(items.quantity * items.unit_price_amount * products.cost_share)',
            'sum(case when products.cost_share is not null then items.quantity * items.unit_price_amount end)') }}
            as cost_share
    from items
    inner join products on items.product_id = products.product_id
    group by items.order_id
)

select
    orders.customer_id,
    cast(sum(orders.discount_amount) as decimal(18, 4)) as discount_saved_amount,
    max(case when orders.discount_amount > 0 or orders.coupon_code is not null then orders.ordered_at end)
        as last_discounted_at,
    1 - {{ ratio('sum(orders.gross_amount * costs.cost_share)',
        'sum(case when costs.cost_share is not null then orders.gross_amount - orders.discount_amount end)') }}
        as margin_share
from orders
left join costs on orders.order_id = costs.order_id
group by orders.customer_id
