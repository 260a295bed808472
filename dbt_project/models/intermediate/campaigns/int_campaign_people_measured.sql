with

people as (
    select * from {{ ref('int_campaign_people_gathered') }}
),

campaigns as (
    select * from {{ ref('int_campaigns_listed') }}
),

goal_events as (
    select * from {{ ref('int_goal_events_listed') }}
),

conflicts as (
    select * from {{ ref('int_campaign_conflicts_found') }}
),

{# A campaign that only its messages name has the goal and window of every other. #}
aimed as (
    select
        people.*,
        coalesce(campaigns.goal_event, 'order_completed') as goal_event,
        coalesce(campaigns.goal_window_days, {{ var('campaign_goal_window_days') }}) as goal_window_days
    from people
    left join campaigns on people.campaign_id = campaigns.campaign_id
),

windows as (
    select
        *,
        {{ add_days('starts_at', 'goal_window_days') }} as window_ends_on
    from aimed
),

hits as (
    select
        windows.campaign_id,
        windows.customer_id,
        min(case when goal_events.event_name = windows.goal_event then goal_events.occurred_at end) as converted_at,
        sum(case when goal_events.event_name = 'order_completed' then 1 else 0 end) as order_count,
        sum(coalesce(goal_events.net_amount, 0)) as revenue_amount
    from windows
    inner join goal_events
        on
            windows.customer_id = goal_events.customer_id
            and windows.starts_at <= goal_events.occurred_at
            and goal_events.event_name in (windows.goal_event, 'order_completed')
    where cast(goal_events.occurred_at as date) <= windows.window_ends_on
    group by windows.campaign_id, windows.customer_id
)

select
    windows.campaign_id,
    windows.customer_id,
    windows.arm,
    windows.is_control,
    windows.is_assigned and conflicts.customer_id is null as is_assigned,
    windows.starts_at,
    windows.window_ends_on,
    windows.window_ends_on <= {{ as_of_date() }} as is_window_over,
    hits.converted_at,
    cast(coalesce(hits.order_count, 0) as bigint) as order_count,
    cast(coalesce(hits.revenue_amount, 0) as decimal(18, 4)) as revenue_amount
from windows
left join hits
    on
        windows.campaign_id = hits.campaign_id
        and windows.customer_id = hits.customer_id
left join conflicts
    on
        windows.campaign_id = conflicts.campaign_id
        and windows.customer_id = conflicts.customer_id
