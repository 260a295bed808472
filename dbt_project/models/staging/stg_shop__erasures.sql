with current_rows as (
    {{ current_rows('erasures') }}
)

select
    customer_id,
    requested_at
from current_rows
