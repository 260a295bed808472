with current_rows as (
    {{ current_rows('message_events') }}
)

select
    message_event_id,
    message_id,
    customer_id,
    campaign_id,
    channel,
    event,
    arm,
    url,
    is_machine,
    occurred_at
from current_rows
