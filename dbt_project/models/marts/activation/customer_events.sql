with

customers as (
    select customer_id
    from {{ ref('dim_customers') }}
    where not is_deleted and not is_erased
),

{# What the shop's own tables know better than a tracker is taken from them. #}
tracked as (
    select customer_id, occurred_at, event_name, value, product_id, campaign_id
    from {{ ref('int_events_identified') }}
    where event_name not in (
        'order_completed', 'subscription_started', 'subscription_ended', 'support_ticket_opened',
        'review_written', 'nps_answered', 'referral_qualified'
    )
),

recorded as (
    select * from {{ ref('int_records_listed_as_events') }}
),

events as (
    select * from tracked
    union all
    select * from recorded
)

select
    events.customer_id,
    events.occurred_at,
    events.event_name,
    cast(events.value as decimal(18, 4)) as value,
    events.product_id,
    events.campaign_id
from events
inner join customers on events.customer_id = customers.customer_id
