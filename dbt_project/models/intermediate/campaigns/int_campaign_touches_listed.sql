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
    attribution_windows.days,
    cast(row_number() over (
        partition by message_events.customer_id, attribution_windows.days
        order by message_events.occurred_at, message_events.campaign_id, message_events.message_event_id
    ) as bigint) as touch_number,
    message_events.campaign_id,
    message_events.channel,
    message_events.event as touch,
    message_events.occurred_at as touched_at
from message_events
inner join attribution_windows
    on
        message_events.channel = attribution_windows.channel
        and message_events.event = attribution_windows.touch
