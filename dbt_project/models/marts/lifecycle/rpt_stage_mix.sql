with

moves as (
    select * from {{ ref('int_stage_moves_counted') }}
),

periods as (
    select * from {{ ref('int_periods_listed') }}
),

lifecycle_stages as (
    select * from {{ ref('lifecycle_stages') }}
    where has_contact
),

months as (
    select
        period_start,
        is_complete,
        case when is_complete then {{ add_days('period_end', '-1') }} else {{ as_of_date() }} end as measured_on
    from periods
    where period_kind = 'month'
),

grid as (
    select
        months.*,
        lifecycle_stages.lifecycle_stage,
        segments.segment_kind,
        segments.segment_value
    from months
    cross join lifecycle_stages
    cross join (select distinct
        segment_kind,
        segment_value
    from moves) as segments
)

select
    grid.period_start,
    grid.measured_on,
    grid.is_complete,
    grid.segment_kind,
    grid.segment_value,
    grid.lifecycle_stage,
    cast(
        sum(coalesce(moves.change, 0)) over (
            partition by grid.segment_kind, grid.segment_value, grid.lifecycle_stage
            order by grid.period_start rows unbounded preceding
        ) as bigint
    ) as customers
from grid
left join moves
    on
        grid.period_start = moves.period_start
        and grid.lifecycle_stage = moves.lifecycle_stage
        and grid.segment_kind = moves.segment_kind
        and grid.segment_value = moves.segment_value
