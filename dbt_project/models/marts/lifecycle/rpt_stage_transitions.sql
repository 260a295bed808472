with

changes as (
    select * from {{ ref('int_stage_changes_counted') }}
),

stages as (
    select * from {{ ref('lifecycle_stages') }}
    where has_contact
),

periods as (
    select * from {{ ref('int_periods_listed') }}
    where period_kind = 'month'
),

exits as (
    select
        period_start,
        from_stage,
        segment_kind,
        segment_value,
        sum(transitions) as exits
    from changes
    group by period_start, from_stage, segment_kind, segment_value
),

{# Where anyone left a stage there is a row for every stage one could go to. #}
grid as (
    select
        exits.*,
        stages.lifecycle_stage as to_stage,
        periods.is_complete
    from exits
    inner join periods on exits.period_start = periods.period_start
    cross join stages
    where exits.from_stage <> stages.lifecycle_stage
)

select
    'month' as period_kind,
    grid.period_start,
    grid.is_complete,
    grid.from_stage,
    grid.to_stage,
    grid.segment_kind,
    grid.segment_value,
    case when grid.is_complete then coalesce(changes.transitions, 0) end as transitions,
    case when grid.is_complete then {{ ratio('coalesce(changes.transitions, 0)', 'grid.exits') }} end as exit_share
from grid
left join changes
    on
        grid.period_start = changes.period_start
        and grid.from_stage = changes.from_stage
        and grid.to_stage = changes.to_stage
        and grid.segment_kind = changes.segment_kind
        and grid.segment_value = changes.segment_value
