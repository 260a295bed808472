with current_rows as (
    {{ current_rows('subscriptions') }}
)

select
    subscription_id,
    customer_id,
    plan,
    currency,
    case
        when ended_at is null or ended_at < {{ as_of_end() }} then cancel_reason
    end as cancel_reason,
    plan_rank,
    monthly_amount,
    started_at,
    {{ if_known('trial_ended_at') }} as trial_ended_at,
    {{ if_known('ended_at') }} as ended_at
from current_rows
