with current_rows as (
    {{ current_rows('campaigns') }}
)

select
    campaign_id,
    name,
    program,
    channel,
    audience,
    goal_event,
    goal_window_days,
    cost_amount,
    starts_at,
    ends_at
from current_rows
