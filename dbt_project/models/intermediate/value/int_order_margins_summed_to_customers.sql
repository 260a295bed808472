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

{# Price and cost are in one currency, so that their share needs no rate. Costs are summed as decimals: a sum of doubles
   depends on the order of its rows. #}
lines as (
    select
        items.order_id,
        items.quantity * items.unit_price_amount as price_amount,
        cast(items.quantity * items.unit_price_amount * products.cost_share as decimal(18, 4)) as cost_amount
    from items
    inner join products on items.product_id = products.product_id
    where products.cost_share is not null
),

costs as (
    select
        order_id,
        {{ ratio('sum(cost_amount)', 'sum(price_amount)') }} as cost_share
    from lines
    group by order_id
),

orders_costed as (
    select
        orders.customer_id,
        orders.ordered_at,
        orders.coupon_code,
        orders.discount_amount,
        case when costs.cost_share is not null then orders.gross_amount - orders.discount_amount end as costed_amount,
        cast(orders.gross_amount * costs.cost_share as decimal(18, 4)) as cost_amount
    from orders
    left join costs on orders.order_id = costs.order_id
)

select
    customer_id,
    cast(sum(discount_amount) as decimal(18, 4)) as discount_saved_amount,
    max(case when discount_amount > 0 or coupon_code is not null then ordered_at end) as last_discounted_at,
    1 - {{ ratio('sum(cost_amount)', 'sum(costed_amount)') }} as margin_share
from orders_costed
group by customer_id
