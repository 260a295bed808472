with

stages as (
    select * from {{ ref('fct_lifecycle_stages') }}
),

compared as (
    select
        customer_id,
        lag(lifecycle_stage) over (partition by customer_id order by entered_at) as from_stage,
        lifecycle_stage as to_stage,
        entered_at as occurred_at,
        entry_reason as reason
    from stages
)

select
    customer_id,
    from_stage,
    to_stage,
    occurred_at,
    reason
from compared
where from_stage is not null
