{# A row means that the revenue of the first-purchase cohorts' closed months is not that of the counted orders of those months. #}
with

closed_months as (
    select min(period_start) as first_open_day
    from {{ ref('int_periods_listed') }}
    where period_kind = 'month' and not is_complete
),

cohorts as (
    select coalesce(sum(revenue_amount), 0) as revenue_amount
    from {{ ref('rpt_cohort_retention') }}
    where segment_kind = 'all' and cohort_kind = 'first_purchase_month'
),

orders as (
    select coalesce(sum(orders.net_amount), 0) as revenue_amount
    from {{ ref('fct_orders') }} as orders
    cross join closed_months
    where orders.is_counted
        and (closed_months.first_open_day is null or cast(orders.ordered_at as date) < closed_months.first_open_day)
)

select cohorts.revenue_amount, orders.revenue_amount as order_revenue_amount
from cohorts
cross join orders
where cohorts.revenue_amount <> orders.revenue_amount
