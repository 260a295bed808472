{# A view: most readers want a few event names only, and the events are the biggest table. #}
{{ config(materialized='view') }}

with

events as (
    select * from {{ ref('stg_shop__events') }}
),

identities as (
    select * from {{ ref('stg_shop__identities') }}
),

first_links as (
    select
        anonymous_id,
        customer_id,
        linked_at
    from (
        select
            *,
            row_number() over (partition by anonymous_id order by linked_at, customer_id) as link_rank
        from identities
    ) as ranked
    where link_rank = 1
)

select
    events.event_id,
    coalesce(events.customer_id, first_links.customer_id) as customer_id,
    events.event_name,
    events.occurred_at,
    case
        when events.customer_id is null and first_links.linked_at > events.occurred_at then first_links.linked_at
        else events.occurred_at
    end as known_at,
    events.value,
    events.product_id,
    events.utm_campaign as campaign_id
from events
left join first_links on events.anonymous_id = first_links.anonymous_id
where events.customer_id is not null or first_links.customer_id is not null
