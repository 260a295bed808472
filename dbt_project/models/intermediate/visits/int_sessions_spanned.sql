select
    visitor_id,
    session_number,
    max(case when is_known then visitor_id end) as customer_id,
    min(occurred_at) as started_at,
    max(occurred_at) as ended_at,
    cast(count(*) as bigint) as event_count,
    cast(count(*) filter (where is_page_view) as bigint) as page_view_count,
    cast(count(*) filter (where is_product_view) as bigint) as product_view_count,
    cast(count(*) filter (where is_signup) as bigint) as signup_count
from {{ ref('int_events_cut_into_sessions') }}
group by visitor_id, session_number
