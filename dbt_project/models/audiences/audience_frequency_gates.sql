{# Caps, in two passes: what has reached people so far, then what those before them in the order (rank, then name) take
   today. #}

with sends as (
    select * from {{ ref('audience_sends') }}
),

counted as (
    select * from {{ ref('audience_contact_counts') }}
),

full_up as (
    select distinct
        audience,
        customer_id
    from counted
    where contacts >= max_contacts
),

taking as (
    select
        sends.*,
        case when sends.is_sent and full_up.customer_id is null then 1 else 0 end as contacts
    from sends
    inner join (select distinct customer_id from counted) as people on sends.customer_id = people.customer_id
    left join full_up on sends.audience = full_up.audience and sends.customer_id = full_up.customer_id
),

taken as (
    select
        audience,
        customer_id,
        sum(contacts) over (
            partition by customer_id
            order by priority_rank asc nulls last, audience asc
            rows between unbounded preceding and 1 preceding
        ) as of_all,
        sum(contacts) over (
            partition by customer_id, program
            order by priority_rank asc nulls last, audience asc
            rows between unbounded preceding and 1 preceding
        ) as of_program
    from taking
),

summed as (
    select
        counted.*,
        cast(
            case counted.scope
                when 'all_marketing' then coalesce(taken.of_all, 0)
                when 'program' then coalesce(taken.of_program, 0)
                else 0
            end as bigint
        ) as contacts_today
    from counted
    inner join taken on counted.audience = taken.audience and counted.customer_id = taken.customer_id
)

select
    *,
    contacts + contacts_today >= max_contacts as is_capped
from summed
