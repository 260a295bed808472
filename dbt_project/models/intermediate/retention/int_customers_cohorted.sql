with

customers as (
    select * from {{ ref('int_customers_segmented') }}
),

periods as (
    select * from {{ ref('int_periods_listed') }}
),

cohorted as (
    select
        customer_id,
        'first_purchase_month' as cohort_kind,
        'month' as period_kind,
        {{ month_start('converted_on') }} as cohort_start
    from customers
    where converted_on is not null
    union all
    select
        customer_id,
        'first_purchase_week' as cohort_kind,
        'week' as period_kind,
        {{ week_start('converted_on') }} as cohort_start
    from customers
    where converted_on is not null
    union all
    select
        customer_id,
        'acquisition_month' as cohort_kind,
        'month' as period_kind,
        {{ month_start('acquired_on') }} as cohort_start
    from customers
    where acquired_on is not null
    union all
    select
        customer_id,
        'acquisition_week' as cohort_kind,
        'week' as period_kind,
        {{ week_start('acquired_on') }} as cohort_start
    from customers
    where acquired_on is not null
)

select
    cohorted.customer_id,
    cohorted.cohort_kind,
    cohorted.period_kind,
    cohorted.cohort_start,
    periods.period_position as cohort_position,
    customers.country,
    customers.acquisition_channel,
    customers.first_product_category
from cohorted
inner join periods
    on
        cohorted.period_kind = periods.period_kind
        and cohorted.cohort_start = periods.period_start
inner join customers on cohorted.customer_id = customers.customer_id
