with current_rows as (
    {{ current_rows('support_tickets') }}
)

select
    ticket_id,
    customer_id,
    case when closed_at is null or closed_at < {{ as_of_end() }} then status end as status,
    priority,
    reason_code,
    opened_at,
    {{ if_known('closed_at') }} as closed_at
from current_rows
