with current_rows as (
    {{ current_rows('events') }}
)

select
    event_id,
    customer_id,
    anonymous_id,
    session_id,
    product_id,
    event_name,
    url,
    referrer,
    utm_source,
    utm_medium,
    utm_campaign,
    device,
    country,
    value,
    occurred_at
from current_rows
