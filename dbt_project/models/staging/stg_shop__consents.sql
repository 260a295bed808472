with current_rows as (
    {{ current_rows('consents') }}
)

select
    consent_event_id,
    customer_id,
    channel,
    purpose,
    status,
    source,
    jurisdiction,
    text_version,
    occurred_at
from current_rows
