{# How many members got something other than their own, to see which translation or time zone is worth having. #}

with members as (
    select * from {{ ref('audience_member_facts') }}
),

steps as (
    select
        audience,
        'content_locale' as fact,
        locale_step as step
    from members
    union all
    select
        audience,
        'time_zone' as fact,
        zone_step as step
    from members
)

select
    audience,
    fact,
    step,
    count(*) as members
from steps
where step is not null
group by audience, fact, step
