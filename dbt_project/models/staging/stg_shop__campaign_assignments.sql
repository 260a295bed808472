with current_rows as (
    {{ current_rows('campaign_assignments') }}
)

select
    campaign_id,
    customer_id,
    arm,
    is_control,
    assigned_at
from current_rows
