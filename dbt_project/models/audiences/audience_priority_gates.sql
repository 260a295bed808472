{# Who gets the one slot a person has in a priority group, and in a programme of steps. Whoever holds the slot of a
   group keeps it; else the lowest rank wins. Of several steps the highest wins. #}

with settings as (
    select * from {{ ref('audience_settings') }}
    where priority_group is not null or step is not null
),

claims as (
    select
        newcomers.audience,
        newcomers.customer_id,
        settings.priority_group,
        settings.priority_rank,
        settings.step,
        case when settings.step is not null then settings.program end as journey
    from {{ ref('audience_newcomers') }} as newcomers
    inner join settings on newcomers.audience = settings.audience
    where newcomers.is_open
),

holders as (
    select
        priority_group,
        customer_id,
        min(audience) as audience
    from {{ ref('audience_stayers') }}
    where priority_group is not null
    group by priority_group, customer_id
),

compared as (
    select
        *,
        first_value(audience) over (
            partition by priority_group, customer_id
            order by priority_rank asc, audience asc
        ) as first_of_group,
        first_value(audience) over (
            partition by journey, customer_id
            order by step desc, audience asc
        ) as furthest_step
    from claims
),

taken as (
    select
        compared.audience,
        compared.customer_id,
        compared.priority_group,
        compared.priority_rank,
        compared.journey,
        compared.step,
        case
            when compared.priority_group is null then null
            when holders.audience is not null then holders.audience
            else nullif(compared.first_of_group, compared.audience)
        end as group_taken_by,
        case
            when compared.journey is not null then nullif(compared.furthest_step, compared.audience)
        end as journey_taken_by
    from compared
    left join holders
        on
            compared.priority_group = holders.priority_group
            and compared.customer_id = holders.customer_id
)

select
    *,
    coalesce(group_taken_by, journey_taken_by) as taken_by
from taken
