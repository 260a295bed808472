with

orders as (
    select * from {{ ref('int_orders_netted_of_refunds') }}
    where is_counted
),

subscriptions as (
    select
        customer_id,
        cast(started_at as date) as started_on,
        cast(ended_at as date) as ended_on
    from {{ ref('stg_shop__subscriptions') }}
),

events as (
    select
        customer_id,
        cast(occurred_at as date) as occurred_on
    from {{ ref('int_events_identified') }}
    where customer_id is not null and event_name in {{ text_list(var('activity_events')) }}
),

spans as (
    select
        customer_id,
        ordered_on as starts_on,
        ordered_on as ends_on
    from orders
    union all
    select
        customer_id,
        occurred_on as starts_on,
        occurred_on as ends_on
    from events
    union all
    select
        customer_id,
        started_on as starts_on,
        case
            when ended_on is null then {{ as_of_date() }}
            when ended_on > started_on then {{ add_days('ended_on', '-1') }}
            else started_on
        end as ends_on
    from subscriptions
)

select
    customer_id,
    starts_on,
    ends_on
from spans
group by customer_id, starts_on, ends_on
