with current_rows as (
    {{ current_rows('loyalty_events') }}
)

select
    loyalty_event_id,
    customer_id,
    order_id,
    kind,
    reason,
    points,
    occurred_at
from current_rows
