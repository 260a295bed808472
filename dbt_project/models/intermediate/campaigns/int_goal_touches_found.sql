with

touches as (
    select * from {{ ref('int_campaign_touches_listed') }}
),

goal_events as (
    select
        *,
        cast(row_number() over (
            partition by customer_id order by occurred_at, event_name, net_amount nulls first
        ) as bigint) as goal_number
    from {{ ref('int_goal_events_listed') }}
),

touched as (
    select distinct
        customer_id,
        days
    from touches
),

{# Touches and goals in one order of time for each length of window: the touch before a goal is then a running
   maximum, not a join over ranges. #}
steps as (
    select
        customer_id,
        days,
        touched_at as happened_at,
        touched_at,
        cast(null as bigint) as goal_number,
        cast(null as {{ t_text() }}) as event_name,
        cast(null as decimal(18, 4)) as net_amount
    from touches
    union all
    select
        goal_events.customer_id,
        touched.days,
        goal_events.occurred_at as happened_at,
        cast(null as timestamp) as touched_at,
        goal_events.goal_number,
        goal_events.event_name,
        goal_events.net_amount
    from goal_events
    inner join touched on goal_events.customer_id = touched.customer_id
),

preceded as (
    select
        *,
        max(touched_at) over (
            partition by customer_id, days
            order by happened_at, goal_number nulls first
            rows between unbounded preceding and current row
        ) as last_touched_at
    from steps
)

select
    customer_id,
    goal_number,
    event_name,
    happened_at as occurred_at,
    net_amount,
    days,
    last_touched_at
from preceded
where goal_number is not null and last_touched_at is not null
