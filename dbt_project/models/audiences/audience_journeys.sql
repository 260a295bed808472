{# Where people are in programmes of steps. A journey begins with an entry into a step that follows no other; what is
   done the day after that or later counts as reaching the goal, which ends the journey. #}

with steps as (
    select
        *,
        status = 'paused' as is_paused
    from {{ ref('audience_settings') }}
    where step is not null and status <> 'retired' and coalesce(expires_on >= {{ as_of_date() }}, true)
),

entries as (
    select
        steps.program,
        memberships.customer_id,
        max(case when steps.follows is null then memberships.entered_at end) as began_at,
        min(
            case
                when
                    memberships.exited_at is null
                    and (
                        steps.is_paused
                        or steps.max_stay_days is null
                        or {{ add_days('memberships.entered_at', 'steps.max_stay_days') }} > {{ as_of_date() }}
                    )
                    then steps.audience
            end
        ) as held_step,
        min(case when memberships.exited_at is null and steps.is_paused then steps.audience end) as paused_step
    from {{ ref('stg_state__memberships') }} as memberships
    inner join steps on memberships.audience = steps.audience
    group by steps.program, memberships.customer_id
),

goals as (
    select distinct
        steps.program,
        goal_metrics.event_name
    from steps
    inner join {{ ref('goal_metrics') }} as goal_metrics on steps.goal_metric = goal_metrics.metric
),

reached as (
    select
        goals.program,
        events.customer_id,
        max(events.occurred_at) as goal_at
    from {{ ref('customer_events') }} as events
    inner join goals on events.event_name = goals.event_name
    group by goals.program, events.customer_id
),

placed as (
    select
        entries.*,
        case when reached.goal_at >= {{ add_days('entries.began_at', 1) }} then reached.goal_at end as goal_at
    from entries
    left join reached
        on
            entries.program = reached.program
            and entries.customer_id = reached.customer_id
)

select
    program,
    customer_id,
    began_at,
    goal_at,
    case when goal_at is null then held_step else paused_step end as held_step
from placed
