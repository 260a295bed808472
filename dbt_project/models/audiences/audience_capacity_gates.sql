{# Members who stay keep their places; newcomers take the free ones in the audience's order. Whom a cap stops already
   does not queue, or the first of the queue could keep everybody out day after day. #}

with settings as (
    select * from {{ ref('audience_settings') }}
    where capacity is not null
),

newcomers as (
    select * from {{ ref('audience_newcomers') }}
    where is_open
),

taken as (
    select * from {{ ref('audience_priority_gates') }}
    where taken_by is not null
),

stayers as (
    select
        audience,
        count(*) as members
    from {{ ref('audience_stayers') }}
    group by audience
),

capped as (
    select distinct
        audience,
        customer_id
    from {{ ref('audience_contact_counts') }}
    where contacts >= max_contacts
),

queued as (
    select
        newcomers.audience,
        newcomers.customer_id,
        settings.capacity,
        coalesce(stayers.members, 0) as members,
        row_number() over (
            partition by newcomers.audience
            order by newcomers.capacity_order, newcomers.customer_id
        ) as queue_number
    from newcomers
    inner join settings on newcomers.audience = settings.audience
    left join stayers on newcomers.audience = stayers.audience
    left join taken
        on newcomers.audience = taken.audience and newcomers.customer_id = taken.customer_id
    left join capped
        on newcomers.audience = capped.audience and newcomers.customer_id = capped.customer_id
    where taken.customer_id is null and capped.customer_id is null
)

select
    *,
    queue_number > capacity - members as is_over_capacity
from queued
