with

attribution_windows as (
    select * from {{ ref('attribution_windows') }}
),

message_events as (
    select * from {{ ref('stg_shop__message_events') }}
    where campaign_id is not null and not (event in ('opened', 'clicked') and coalesce(is_machine, false))
)

select
    message_events.customer_id,
    message_events.campaign_id,
    message_events.channel,
    message_events.event as touch,
    attribution_windows.days,
    message_events.occurred_at as touched_at
from message_events
inner join attribution_windows
    on
        message_events.channel = attribution_windows.channel
        and message_events.event = attribution_windows.touch
