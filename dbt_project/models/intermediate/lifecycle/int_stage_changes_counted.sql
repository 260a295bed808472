with

transitions as (
    select * from {{ ref('fct_lifecycle_transitions') }}
),

customers as (
    select * from {{ ref('int_customers_segmented') }}
),

segment_kinds as (
    select * from {{ ref('segment_kinds') }}
),

monthly as (
    select
        {{ month_start('transitions.occurred_at') }} as period_start,
        transitions.from_stage,
        transitions.to_stage,
        customers.country,
        customers.acquisition_channel,
        customers.first_product_category,
        count(*) as transitions
    from transitions
    inner join customers on transitions.customer_id = customers.customer_id
    group by 1, 2, 3, 4, 5, 6
)

select
    monthly.period_start,
    monthly.from_stage,
    monthly.to_stage,
    segment_kinds.segment_kind,
    {{ segment_value('segment_kinds.segment_kind', 'monthly') }} as segment_value,
    cast(sum(monthly.transitions) as bigint) as transitions
from monthly
cross join segment_kinds
group by 1, 2, 3, 4, 5
