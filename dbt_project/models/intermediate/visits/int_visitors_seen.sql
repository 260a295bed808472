select
    visitor_id,
    max(customer_id) as customer_id,
    min(started_at) as first_seen_at,
    max(ended_at) as last_seen_at,
    cast(sum(event_count) as bigint) as event_count
from {{ ref('int_sessions_spanned') }}
group by visitor_id
