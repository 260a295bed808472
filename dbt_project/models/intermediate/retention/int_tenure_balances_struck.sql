with

changes as (
    select * from {{ ref('int_tenure_changes_counted') }}
),

periods as (
    select * from {{ ref('int_periods_listed') }}
),

{# What changed on a day first shows at the start of the next period. #}
carried as (
    select
        changes.*,
        'month' as period_kind,
        {{ add_months(month_start('changed_on'), 1) }} as period_start
    from changes
    union all
    select
        changes.*,
        'week' as period_kind,
        {{ add_days(week_start('changed_on'), 7) }} as period_start
    from changes
),

summed as (
    select
        period_kind,
        period_start,
        segment_kind,
        segment_value,
        sum(case when standing = 'customer' then customers else 0 end) as customers,
        sum(revenue_amount) as revenue_amount,
        sum(case when standing = 'lost' then customers else 0 end) as lost_customers
    from carried
    group by 1, 2, 3, 4
),

grid as (
    select
        periods.period_kind,
        periods.period_start,
        periods.is_complete,
        segments.segment_kind,
        segments.segment_value
    from periods
    cross join (select distinct
        segment_kind,
        segment_value
    from changes) as segments
)

select
    grid.period_kind,
    grid.period_start,
    grid.is_complete,
    grid.segment_kind,
    grid.segment_value,
    cast(sum(coalesce(summed.customers, 0)) over history as bigint) as customers_at_start,
    cast(sum(coalesce(summed.revenue_amount, 0)) over history as decimal(18, 4)) as revenue_at_start_amount,
    cast(sum(coalesce(summed.lost_customers, 0)) over history as bigint) as lost_customers_at_start
from grid
left join summed
    on
        grid.period_kind = summed.period_kind
        and grid.period_start = summed.period_start
        and grid.segment_kind = summed.segment_kind
        and grid.segment_value = summed.segment_value
window history as (
    partition by grid.period_kind, grid.segment_kind, grid.segment_value
    order by grid.period_start rows unbounded preceding
)
