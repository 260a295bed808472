with

links as (
    select
        anonymous_id,
        min(linked_at) as first_linked_at,
        max(linked_at) as last_linked_at
    from {{ ref('int_identity_links_gathered') }}
    group by anonymous_id
),

people as (
    select
        anonymous_id,
        cast(count(*) as bigint) as people
    from {{ ref('int_anonymous_people_reached') }}
    group by anonymous_id
),

resolved as (
    select * from {{ ref('int_anonymous_ids_resolved') }}
)

select
    links.anonymous_id,
    resolved.customer_id as kept_customer_id,
    cast(coalesce(people.people, 0) as bigint) as people,
    case when people.people > 1 then 'several_people' else 'loop_or_too_long_chain' end as reason,
    links.first_linked_at,
    links.last_linked_at
from links
left join people on links.anonymous_id = people.anonymous_id
left join resolved on links.anonymous_id = resolved.anonymous_id
where coalesce(people.people, 0) <> 1
