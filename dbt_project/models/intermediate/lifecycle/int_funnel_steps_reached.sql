with

stays as (
    select * from {{ ref('fct_lifecycle_stages') }}
),

stages as (
    select * from {{ ref('lifecycle_stages') }}
),

steps as (
    select * from {{ ref('funnel_stages') }}
),

summed as (
    select
        stays.customer_id,
        max(case when stays.exited_at is null then stages.lifecycle_stage end) as lifecycle_stage,
        max(case when stays.exited_at is null then steps.position end) as current_position,
        max(steps.position) as furthest_position
    from stays
    inner join stages on stays.lifecycle_stage = stages.lifecycle_stage
    inner join steps on stages.funnel_stage = steps.funnel_stage
    group by stays.customer_id
)

{# Whoever took everything back is where everyone begins. #}
select
    customer_id,
    lifecycle_stage,
    case when lifecycle_stage = 'acquired' then current_position else furthest_position end as funnel_position
from summed
