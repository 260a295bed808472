with

people as (
    select * from {{ ref('int_campaign_people_measured') }}
    where is_assigned and is_window_over
),

orders as (
    select * from {{ ref('stg_shop__orders') }}
),

netted as (
    select * from {{ ref('int_orders_netted_of_refunds') }}
),

{# What became of an order later is left out, because the campaign may have had a hand in it. #}
placed as (
    select
        orders.customer_id,
        orders.ordered_at,
        cast(
            (orders.gross_amount - coalesce(orders.discount_amount, 0)) * netted.rate_to_base as decimal(18, 4)
        ) as placed_amount
    from orders
    inner join netted on orders.order_id = netted.order_id
)

select
    people.campaign_id,
    people.customer_id,
    cast(sum(placed.placed_amount) as decimal(18, 4)) as revenue_before_amount
from people
inner join placed
    on
        people.customer_id = placed.customer_id
        and people.starts_at > placed.ordered_at
where {{ add_days('people.starts_at', '-' ~ var('cuped_days')) }} <= placed.ordered_at
group by people.campaign_id, people.customer_id
