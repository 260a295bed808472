select
    visitor_id,
    max(customer_id) as customer_id,
    min(occurred_at) as first_seen_at,
    max(occurred_at) as last_seen_at,
    cast(count(*) as bigint) as event_count
from {{ ref('int_events_identified') }}
group by visitor_id
