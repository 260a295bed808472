{# A row means that the report's latest closed month differs from a plain count over that month's customers, one by one. #}
with

reported as (
    select * from {{ ref('rpt_churn_rate') }}
    where period_kind = 'month' and segment_kind = 'all' and is_complete
),

latest as (
    select max(period_start) as period_start from reported
),

there as (
    select distinct stages.customer_id
    from {{ ref('fct_lifecycle_stages') }} as stages
    cross join latest
    where stages.lifecycle_stage not in ('acquired', 'churned')
        and cast(stages.entered_at as date) < latest.period_start
        and (stages.exited_at is null or cast(stages.exited_at as date) >= latest.period_start)
),

churned as (
    select distinct stages.customer_id
    from {{ ref('fct_lifecycle_stages') }} as stages
    cross join latest
    where stages.lifecycle_stage = 'churned' and {{ month_start('stages.entered_at') }} = latest.period_start
),

revenue as (
    select revenues.customer_id, sum(revenues.revenue_amount) as revenue_amount
    from {{ ref('int_revenues_spanned') }} as revenues
    cross join latest
    where revenues.starts_on < latest.period_start
        and (revenues.ends_on is null or revenues.ends_on >= latest.period_start)
    group by revenues.customer_id
),

counted as (
    select
        count(*) as customers_at_start,
        count(churned.customer_id) as churned_customers,
        coalesce(sum(revenue.revenue_amount), 0) as revenue_at_start_amount,
        coalesce(sum(case when churned.customer_id is not null then revenue.revenue_amount end), 0) as churned_revenue_amount
    from there
    left join churned on there.customer_id = churned.customer_id
    left join revenue on there.customer_id = revenue.customer_id
)

select reported.period_start
from reported
inner join latest on reported.period_start = latest.period_start
cross join counted
where reported.customers_at_start <> counted.customers_at_start
    or reported.churned_customers <> counted.churned_customers
    or reported.revenue_at_start_amount <> counted.revenue_at_start_amount
    or reported.churned_revenue_amount <> counted.churned_revenue_amount
