with

customers as (
    select * from {{ ref('stg_shop__customers') }}
),

order_sums as (
    select * from {{ ref('int_orders_summed_to_customers') }}
),

first_orders as (
    select * from {{ ref('int_first_orders_categorised') }}
),

subscriptions as (
    select
        customer_id,
        min(started_at) as first_subscribed_at
    from {{ ref('stg_shop__subscriptions') }}
    group by customer_id
),

{# Whoever bought counts, also when the customers table does not know the person. #}
people as (
    select customer_id from customers
    union
    select customer_id from order_sums
    union
    select customer_id from subscriptions
)

select
    people.customer_id,
    coalesce(customers.country, '(unknown)') as country,
    coalesce(customers.acquisition_channel, '(unknown)') as acquisition_channel,
    coalesce(first_orders.first_product_category, '(unknown)') as first_product_category,
    cast(customers.created_at as date) as acquired_on,
    cast(
        case
            when order_sums.first_ordered_at <= subscriptions.first_subscribed_at then order_sums.first_ordered_at
            else coalesce(subscriptions.first_subscribed_at, order_sums.first_ordered_at)
        end as date
    ) as converted_on
from people
left join customers on people.customer_id = customers.customer_id
left join order_sums on people.customer_id = order_sums.customer_id
left join first_orders on people.customer_id = first_orders.customer_id
left join subscriptions on people.customer_id = subscriptions.customer_id
