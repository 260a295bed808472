with

ranked as (
    select
        anonymous_id,
        customer_id,
        linked_at,
        row_number() over (partition by anonymous_id order by linked_at, customer_id) as link_rank
    from {{ ref('int_anonymous_people_reached') }}
)

select
    anonymous_id,
    customer_id,
    linked_at
from ranked
where link_rank = 1
