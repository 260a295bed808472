with

stages as (
    select * from {{ ref('lifecycle_stages') }}
    where has_contact
),

touchpoints as (
    select * from {{ ref('touchpoints') }}
),

durations as (
    select * from {{ ref('rpt_stage_durations') }}
    where segment_kind = 'all'
),

changes as (
    select
        from_stage,
        to_stage,
        sum(transitions) as transitions,
        sum(sum(transitions)) over (partition by from_stage) as exits,
        row_number() over (partition by from_stage order by sum(transitions) desc, to_stage asc) as exit_rank
    from {{ ref('int_stage_changes_counted') }}
    where segment_kind = 'all'
    group by from_stage, to_stage
)

select
    stages.lifecycle_stage,
    stages.position,
    stages.funnel_stage,
    touchpoints.position as touchpoint_position,
    touchpoints.touchpoint,
    touchpoints.channel,
    touchpoints.event_name,
    touchpoints.owner,
    coalesce(durations.censored, 0) as customers,
    durations.median_days,
    changes.to_stage as next_stage,
    {{ ratio('changes.transitions', 'changes.exits') }} as next_stage_share
from stages
left join touchpoints on stages.lifecycle_stage = touchpoints.lifecycle_stage
left join durations on stages.lifecycle_stage = durations.lifecycle_stage
left join changes on stages.lifecycle_stage = changes.from_stage and changes.exit_rank = 1
