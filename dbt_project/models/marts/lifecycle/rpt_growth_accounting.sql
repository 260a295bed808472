with

moves as (
    select * from {{ ref('int_period_moves_counted') }}
),

periods as (
    select * from {{ ref('int_periods_listed') }}
),

segments as (
    select
        period_kind,
        segment_kind,
        segment_value,
        min(period_position) as first_position
    from moves
    group by period_kind, segment_kind, segment_value
),

grid as (
    select
        periods.*,
        segments.segment_kind,
        segments.segment_value
    from periods
    inner join segments
        on
            periods.period_kind = segments.period_kind
            and periods.period_position >= segments.first_position
),

{# Whoever is active in a period and not in the next is churned in the next, once that is over. #}
joined as (
    select
        grid.*,
        coalesce(moves.active_customers, 0) as active_customers,
        coalesce(moves.new_customers, 0) as new_customers,
        coalesce(moves.retained_customers, 0) as retained_customers,
        coalesce(moves.resurrected_customers, 0) as resurrected_customers,
        case when grid.is_complete then coalesce(moves_before.leaving_customers, 0) end as churned_customers
    from grid
    left join moves
        on
            grid.period_kind = moves.period_kind
            and grid.period_position = moves.period_position
            and grid.segment_kind = moves.segment_kind
            and grid.segment_value = moves.segment_value
    left join moves as moves_before
        on
            grid.period_kind = moves_before.period_kind
            and grid.period_position = moves_before.period_position + 1
            and grid.segment_kind = moves_before.segment_kind
            and grid.segment_value = moves_before.segment_value
)

select
    period_kind,
    period_start,
    segment_kind,
    segment_value,
    is_complete,
    active_customers,
    new_customers,
    retained_customers,
    resurrected_customers,
    churned_customers,
    {{ ratio('new_customers + resurrected_customers', 'churned_customers') }} as quick_ratio
from joined
