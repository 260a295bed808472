{# A view: most readers want a few event names only, and the events are the biggest table. #}
{{ config(materialized='view') }}

with

events as (
    select * from {{ ref('stg_shop__events') }}
),

people as (
    select * from {{ ref('int_anonymous_ids_resolved') }}
)

select
    events.event_id,
    coalesce(events.customer_id, people.customer_id, events.anonymous_id) as visitor_id,
    coalesce(events.customer_id, people.customer_id) as customer_id,
    events.anonymous_id,
    events.session_id,
    events.event_name,
    events.occurred_at,
    case
        when events.customer_id is null and people.linked_at > events.occurred_at then people.linked_at
        else events.occurred_at
    end as known_at,
    events.value,
    events.product_id,
    events.url,
    events.referrer,
    events.utm_source,
    events.utm_medium,
    events.utm_campaign,
    events.utm_campaign as campaign_id,
    events.device,
    events.country
from events
left join people on events.anonymous_id = people.anonymous_id
where events.customer_id is not null or events.anonymous_id is not null
