{# A session id is no link: trackers reuse it when two people share a device. #}
with

identities as (
    select * from {{ ref('stg_shop__identities') }}
),

events as (
    select * from {{ ref('stg_shop__events') }}
),

customers as (
    select * from {{ ref('stg_shop__customers') }}
),

found as (
    select
        anonymous_id,
        customer_id as linked_to_id,
        linked_at
    from identities
    union all
    select
        anonymous_id,
        customer_id as linked_to_id,
        min(occurred_at) as linked_at
    from events
    where anonymous_id <> customer_id
    group by anonymous_id, customer_id
),

links as (
    select
        anonymous_id,
        linked_to_id,
        min(linked_at) as linked_at
    from found
    group by anonymous_id, linked_to_id
),

linked_ids as (
    select distinct anonymous_id from links
)

select
    links.anonymous_id,
    links.linked_to_id,
    links.linked_at,
    customers.customer_id is null and linked_ids.anonymous_id is not null as is_onward
from links
left join customers on links.linked_to_id = customers.customer_id
left join linked_ids on links.linked_to_id = linked_ids.anonymous_id
