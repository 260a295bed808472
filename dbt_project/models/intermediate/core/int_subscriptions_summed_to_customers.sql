with

subscriptions as (
    select
        *,
        row_number() over (
            partition by customer_id
            order by is_live desc, plan_rank desc nulls last, started_at desc, subscription_id asc
        ) as live_rank,
        row_number() over (
            partition by customer_id order by ended_at desc nulls last, subscription_id asc
        ) as ended_rank
    from {{ ref('int_subscriptions_compared') }}
),

summed as (
    select
        customer_id,
        min(started_at) as first_subscribed_at,
        sum(case when is_live then 1 else 0 end) as live_count,
        max(case when live_rank = 1 and is_live then plan end) as live_plan,
        sum(case when is_live then monthly_base_amount else 0 end) as monthly_recurring_amount,
        max(case when ended_rank = 1 then ended_at end) as last_ended_at,
        max(case when ended_rank = 1 then cancel_reason end) as last_cancel_reason,
        max(case when plan_change = 'upgrade' then started_at end) as last_upgraded_at
    from subscriptions
    group by customer_id
)

select
    customer_id,
    first_subscribed_at,
    live_count > 0 as has_live_subscription,
    live_plan as subscription_plan,
    cast(coalesce(monthly_recurring_amount, 0) as decimal(18, 4)) as monthly_recurring_amount,
    case when live_count = 0 then last_ended_at end as subscription_ended_at,
    case when live_count = 0 then last_cancel_reason end as subscription_cancel_reason,
    last_upgraded_at is not null as has_upgraded,
    last_upgraded_at
from summed
