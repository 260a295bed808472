with

customers as (
    select * from {{ ref('int_customers_segmented') }}
    where acquired_on is not null
),

progress as (
    select * from {{ ref('fct_onboarding_progress') }}
),

segment_kinds as (
    select * from {{ ref('segment_kinds') }}
),

{# Down to the values reports are cut by, before each is counted once a cut. #}
counted as (
    select
        {{ month_start('customers.acquired_on') }} as period_start,
        customers.country,
        customers.acquisition_channel,
        customers.first_product_category,
        count(*) as customers,
        sum(case when progress.is_activated_7d then 1 else 0 end) as activated_7d,
        count(progress.activated_at) as activated,
        count(progress.onboarding_completed_at) as completed
    from customers
    inner join progress on customers.customer_id = progress.customer_id
    group by 1, 2, 3, 4
),

summed as (
    select
        counted.period_start,
        segment_kinds.segment_kind,
        {{ segment_value('segment_kinds.segment_kind', 'counted') }} as segment_value,
        {{ add_days(add_months('counted.period_start', 1), 6) }} <= {{ as_of_date() }} as is_complete,
        cast(sum(counted.customers) as bigint) as customers,
        cast(sum(counted.activated_7d) as bigint) as activated_7d,
        cast(sum(counted.activated) as bigint) as activated_customers,
        cast(sum(counted.completed) as bigint) as completed_customers
    from counted
    cross join segment_kinds
    group by 1, 2, 3, 4
)

select
    period_start,
    segment_kind,
    segment_value,
    customers,
    case when is_complete then activated_7d end as activated_7d,
    case when is_complete then {{ ratio('activated_7d', 'customers') }} end as activation_rate_7d,
    activated_customers,
    completed_customers,
    {{ ratio('completed_customers', 'customers') }} as completion_rate,
    is_complete
from summed
