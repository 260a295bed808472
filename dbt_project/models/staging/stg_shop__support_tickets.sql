with current_rows as (
    {{ current_rows('support_tickets') }}
)

select
    ticket_id,
    customer_id,
    status,
    priority,
    reason_code,
    opened_at,
    {{ if_known('closed_at') }} as closed_at
from current_rows
