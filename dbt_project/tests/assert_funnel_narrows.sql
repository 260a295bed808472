{# A row is a step of the funnel that more people have reached than the step before it, or one whose count of stages says otherwise. #}
with

steps as (
    select
        funnel.funnel_stage,
        funnel.customers,
        lag(funnel.customers) over (order by funnel_stages.position) as previous_customers
    from {{ ref('rpt_funnel') }} as funnel
    inner join {{ ref('funnel_stages') }} as funnel_stages on funnel.funnel_stage = funnel_stages.funnel_stage
),

known as (
    select
        count(*) as acquired,
        sum(case when lifecycle_stage <> 'acquired' then 1 else 0 end) as converted
    from {{ ref('fct_lifecycle_stages') }}
    where exited_at is null
)

select steps.funnel_stage
from steps
cross join known
where steps.customers > steps.previous_customers
    or (steps.funnel_stage = 'acquire' and steps.customers <> known.acquired)
    or (steps.funnel_stage = 'convert' and steps.customers <> coalesce(known.converted, 0))
