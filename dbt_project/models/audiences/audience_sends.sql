{# Newcomers whom neither priority nor capacity stops, and whether entering means a message: not to people withheld. #}

with settings as (
    select * from {{ ref('audience_settings') }}
),

newcomers as (
    select * from {{ ref('audience_newcomers') }}
    where is_open
),

stopped as (
    select
        audience,
        customer_id
    from {{ ref('audience_priority_gates') }}
    where taken_by is not null
    union all
    select
        audience,
        customer_id
    from {{ ref('audience_capacity_gates') }}
    where is_over_capacity
)

select
    newcomers.audience,
    newcomers.customer_id,
    settings.program,
    settings.priority_rank,
    settings.needs_contact and newcomers.withheld_as is null as is_sent
from newcomers
inner join settings on newcomers.audience = settings.audience
left join stopped
    on newcomers.audience = stopped.audience and newcomers.customer_id = stopped.customer_id
where stopped.customer_id is null
