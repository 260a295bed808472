{# A view: read once, by int_carts_gathered. #}
{{ config(materialized='view') }}

with

events as (
    select
        visitor_id,
        customer_id,
        event_id,
        occurred_at,
        value,
        event_name in {{ text_list(var('checkout_events')) }} as is_checkout,
        case when event_name in {{ text_list(var('purchase_events')) }} then 1 else 0 end as is_purchase
    from {{ ref('int_human_events_kept') }}
    where
        event_name in {{ text_list(var('cart_events')) }}
        or event_name in {{ text_list(var('checkout_events')) }}
        or event_name in {{ text_list(var('purchase_events')) }}
),

{# An order that counted when it was placed ended the cart, also when it was cancelled or refunded later. #}
steps as (
    select * from events
    union all
    select
        customer_id as visitor_id,
        customer_id,
        order_id as event_id,
        ordered_at as occurred_at,
        cast(null as decimal(18, 4)) as value,
        false as is_checkout,
        1 as is_purchase
    from {{ ref('int_orders_netted_of_refunds') }}
    where voided_at is null or voided_at > ordered_at
),

sequenced as (
    select
        steps.*,
        lag(is_purchase) over steps_of_a_visitor as previous_is_purchase,
        lag(occurred_at) over steps_of_a_visitor as previous_at,
        min(case when is_purchase = 1 then occurred_at end) over (
            partition by visitor_id order by occurred_at, is_purchase, event_id
            rows between current row and unbounded following
        ) as purchased_at
    from steps
    window steps_of_a_visitor as (partition by visitor_id order by occurred_at, is_purchase, event_id)
),

opened as (
    select
        sequenced.*,
        previous_at is null
        or previous_is_purchase = 1
        or occurred_at >= {{ add_hours('previous_at', var('cart_idle_hours')) }} as is_first
    from sequenced
    where is_purchase = 0
)

select
    visitor_id,
    customer_id,
    event_id,
    occurred_at,
    value,
    is_checkout,
    is_first,
    purchased_at,
    cast(
        sum(case when is_first then 1 else 0 end) over (
            partition by visitor_id order by occurred_at, event_id rows unbounded preceding
        ) as bigint
    ) as cart_number
from opened
