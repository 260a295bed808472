with current_rows as (
    {{ current_rows('interests') }}
)

select
    customer_id,
    interest,
    declared_at,
    expires_at
from current_rows
