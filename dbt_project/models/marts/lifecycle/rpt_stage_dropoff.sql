with

reached as (
    select * from {{ ref('int_funnel_steps_reached') }}
),

customers as (
    select * from {{ ref('int_customers_segmented') }}
),

segment_kinds as (
    select * from {{ ref('segment_kinds') }}
),

steps as (
    select * from {{ ref('funnel_stages') }}
),

counted as (
    select
        reached.funnel_position,
        customers.country,
        customers.acquisition_channel,
        customers.first_product_category,
        count(*) as customers,
        sum(case when reached.lifecycle_stage = 'churned' then 1 else 0 end) as churned_customers
    from reached
    inner join customers on reached.customer_id = customers.customer_id
    group by 1, 2, 3, 4
),

segmented as (
    select
        counted.funnel_position,
        segment_kinds.segment_kind,
        {{ segment_value('segment_kinds.segment_kind', 'counted') }} as segment_value,
        sum(counted.customers) as customers,
        sum(counted.churned_customers) as churned_customers
    from counted
    cross join segment_kinds
    group by 1, 2, 3
),

summed as (
    select
        segmented.segment_kind,
        segmented.segment_value,
        steps.funnel_stage,
        sum(segmented.customers) as customers,
        sum(case when segmented.funnel_position > steps.position then segmented.customers else 0 end) as moved_on,
        sum(case when segmented.funnel_position = steps.position then segmented.churned_customers else 0 end) as churned
    from segmented
    inner join steps on segmented.funnel_position >= steps.position
    where steps.funnel_stage <> 'reach'
    group by 1, 2, 3
)

select
    segment_kind,
    segment_value,
    funnel_stage,
    cast(customers as bigint) as customers,
    cast(moved_on as bigint) as moved_on_customers,
    cast(churned as bigint) as churned_customers,
    case when funnel_stage <> 'loyalty' then {{ ratio('customers - moved_on', 'customers') }} end as drop_off_rate
from summed
