{# What became of those who were randomised. Who is withheld stays `holdout` or `global_holdout` whatever follows, and
   yet enters only where the gates after randomising let anybody in. #}

with newcomers as (
    select * from {{ ref('audience_newcomers') }}
),

priority_gates as (
    select * from {{ ref('audience_priority_gates') }}
    where taken_by is not null
),

capacity_gates as (
    select * from {{ ref('audience_capacity_gates') }}
    where is_over_capacity
),

frequency_gates as (
    select distinct
        audience,
        customer_id
    from {{ ref('audience_frequency_gates') }}
    where is_capped
),

gated as (
    select
        newcomers.audience,
        newcomers.customer_id,
        newcomers.withheld_as,
        case
            when priority_gates.customer_id is not null then 'lower_priority'
            when capacity_gates.customer_id is not null then 'over_capacity'
            when frequency_gates.customer_id is not null then 'frequency_capped'
        end as stop
    from newcomers
    left join priority_gates
        on newcomers.audience = priority_gates.audience and newcomers.customer_id = priority_gates.customer_id
    left join capacity_gates
        on newcomers.audience = capacity_gates.audience and newcomers.customer_id = capacity_gates.customer_id
    left join frequency_gates
        on newcomers.audience = frequency_gates.audience and newcomers.customer_id = frequency_gates.customer_id
)

select
    audience,
    customer_id,
    coalesce(withheld_as, stop, 'eligible') as disposition,
    stop is null as is_entering
from gated
