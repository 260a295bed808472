with

message_events as (
    select * from {{ ref('stg_shop__message_events') }}
),

{# An open or click without a word about a machine is a person's. #}
flagged as (
    select
        *,
        case when event in ('opened', 'clicked') and not coalesce(is_machine, false) then event end as human_event
    from message_events
),

summed as (
    select
        message_id,
        customer_id,
        max(campaign_id) as campaign_id,
        max(channel) as channel,
        min(occurred_at) as first_at,
        min(case when event = 'sent' then occurred_at end) as sent_at,
        max(case when event in ('delivered', 'opened', 'clicked', 'complained') then 1 else 0 end) as delivered,
        min(case when human_event = 'opened' then occurred_at end) as opened_at,
        min(case when human_event = 'clicked' then occurred_at end) as clicked_at,
        max(case when event = 'opened' then 1 else 0 end) as opened_by_anyone,
        max(case when event = 'bounced_hard' then 1 else 0 end) as bounced_hard,
        max(case when event = 'bounced_soft' then 1 else 0 end) as bounced_soft,
        max(case when event = 'unsubscribed' then 1 else 0 end) as unsubscribed,
        max(case when event = 'complained' then 1 else 0 end) as complained
    from flagged
    group by message_id, customer_id
)

select
    message_id,
    customer_id,
    campaign_id,
    channel,
    coalesce(sent_at, first_at) as sent_at,
    opened_at,
    clicked_at,
    delivered = 1 as is_delivered,
    opened_by_anyone = 1 as is_opened_by_anyone,
    bounced_hard = 1 as is_bounced_hard,
    bounced_soft = 1 as is_bounced_soft,
    unsubscribed = 1 as is_unsubscribed,
    complained = 1 as is_complained
from summed
