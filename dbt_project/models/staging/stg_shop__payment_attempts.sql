with current_rows as (
    {{ current_rows('payment_attempts') }}
)

select
    payment_attempt_id,
    order_id,
    customer_id,
    method,
    status,
    country,
    attempted_at
from current_rows
