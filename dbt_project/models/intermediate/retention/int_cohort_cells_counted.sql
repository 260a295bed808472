with

cohorts as (
    select * from {{ ref('int_customers_cohorted') }}
),

customer_periods as (
    select * from {{ ref('int_customer_periods_counted') }}
),

segment_kinds as (
    select * from {{ ref('segment_kinds') }}
),

{# A cohort's own row, without a period number, carries its size. #}
members as (
    select
        cohorts.*,
        cast(null as bigint) as period_number,
        1 as is_member,
        0 as is_active,
        0 as order_count,
        0 as revenue_amount
    from cohorts
    union all
    select
        cohorts.*,
        customer_periods.period_position - cohorts.cohort_position as period_number,
        0 as is_member,
        1 as is_active,
        customer_periods.order_count,
        customer_periods.revenue_amount
    from cohorts
    inner join customer_periods
        on
            cohorts.customer_id = customer_periods.customer_id
            and cohorts.period_kind = customer_periods.period_kind
            and cohorts.cohort_position <= customer_periods.period_position
),

counted as (
    select
        cohort_kind,
        period_kind,
        cohort_start,
        cohort_position,
        period_number,
        country,
        acquisition_channel,
        first_product_category,
        sum(is_member) as cohort_customers,
        sum(is_active) as active_customers,
        sum(order_count) as order_count,
        sum(revenue_amount) as revenue_amount
    from members
    group by 1, 2, 3, 4, 5, 6, 7, 8
)

select
    counted.cohort_kind,
    counted.period_kind,
    counted.cohort_start,
    counted.cohort_position,
    counted.period_number,
    segment_kinds.segment_kind,
    {{ segment_value('segment_kinds.segment_kind', 'counted') }} as segment_value,
    cast(sum(counted.cohort_customers) as bigint) as cohort_customers,
    cast(sum(counted.active_customers) as bigint) as active_customers,
    cast(sum(counted.order_count) as bigint) as order_count,
    cast(sum(counted.revenue_amount) as decimal(18, 4)) as revenue_amount
from counted
cross join segment_kinds
group by 1, 2, 3, 4, 5, 6, 7
