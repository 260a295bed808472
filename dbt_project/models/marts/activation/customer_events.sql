with

customers as (
    select customer_id from {{ ref('dim_customers') }}
    where not is_deleted and not is_erased
),

records as (
    select * from {{ ref('int_records_listed_as_events') }}
),

{# What the shop's own tables know better than a tracker is taken from them. #}
tracked as (
    select * from {{ ref('int_events_identified') }}
    where
        customer_id is not null
        and event_name not in (
            'order_completed', 'subscription_started', 'subscription_ended', 'subscription_upgraded',
            'support_ticket_opened', 'review_written', 'nps_answered', 'survey_answered', 'referral_qualified',
            'activated', 'feature_first_used', 'points_redeemed'
        )
),

{# An open or click by a machine is nothing the person did. #}
messages as (
    select * from {{ ref('stg_shop__message_events') }}
    where not (event in ('opened', 'clicked') and coalesce(is_machine, false))
),

events as (
    select
        customer_id,
        occurred_at,
        event_name,
        value,
        product_id,
        cast(null as varchar) as campaign_id
    from records
    union all
    select
        customer_id,
        occurred_at,
        event_name,
        value,
        product_id,
        campaign_id
    from tracked
    union all
    select
        customer_id,
        occurred_at,
        channel || '_' || event as event_name,
        cast(null as decimal(18, 4)) as value,
        cast(null as varchar) as product_id,
        campaign_id
    from messages
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
