with

cohorts as (
    select * from {{ ref('int_cohort_cells_counted') }}
),

periods as (
    select * from {{ ref('int_periods_listed') }}
),

sizes as (
    select
        cohort_kind,
        period_kind,
        cohort_start,
        cohort_position,
        segment_kind,
        segment_value,
        sum(cohort_customers) as cohort_size
    from cohorts
    group by 1, 2, 3, 4, 5, 6
),

{# Every period since the cohort began has a row, also when nobody came. #}
grid as (
    select
        sizes.*,
        periods.period_position - sizes.cohort_position as period_number,
        periods.is_complete
    from sizes
    inner join periods
        on
            sizes.period_kind = periods.period_kind
            and sizes.cohort_position <= periods.period_position
),

joined as (
    select
        grid.*,
        case when grid.is_complete then coalesce(cohorts.active_customers, 0) end as active_customers,
        case when grid.is_complete then coalesce(cohorts.order_count, 0) end as order_count,
        case when grid.is_complete then coalesce(cohorts.revenue_amount, 0) end as revenue_amount
    from grid
    left join cohorts
        on
            grid.cohort_kind = cohorts.cohort_kind
            and grid.cohort_start = cohorts.cohort_start
            and grid.period_number = cohorts.period_number
            and grid.segment_kind = cohorts.segment_kind
            and grid.segment_value = cohorts.segment_value
),

cumulated as (
    select
        joined.*,
        sum(revenue_amount) over (
            partition by cohort_kind, cohort_start, segment_kind, segment_value
            order by period_number rows unbounded preceding
        ) as cumulative_revenue_amount
    from joined
)

select
    cohort_kind,
    cohort_start,
    period_number,
    segment_kind,
    segment_value,
    is_complete,
    cast(cohort_size as bigint) as cohort_size,
    active_customers,
    {{ ratio('active_customers', 'cohort_size') }} as retention_rate,
    order_count,
    cast(revenue_amount as decimal(18, 4)) as revenue_amount,
    cast(
        case when is_complete then {{ ratio('cumulative_revenue_amount', 'cohort_size') }} end as decimal(18, 4)
    ) as cumulative_revenue_per_customer_amount
from cumulated
