with current_rows as (
    {{ current_rows('identities') }}
)

select
    anonymous_id,
    customer_id,
    linked_at
from current_rows
