with

events as (
    select
        visitor_id,
        customer_id is not null as is_known,
        event_id,
        occurred_at,
        names_source,
        event_name in {{ text_list(var('page_view_events')) }} as is_page_view,
        event_name in {{ text_list(var('product_view_events')) }} as is_product_view,
        event_name in {{ text_list(var('signup_events')) }} as is_signup,
        lag(occurred_at) over (partition by visitor_id order by occurred_at, event_id) as previous_at
    from {{ ref('int_human_events_kept') }}
),

opened as (
    select
        *,
        previous_at is null
        or occurred_at > previous_at + interval '{{ var('session_gap_minutes') }}' minute as is_entry
    from events
)

select
    visitor_id,
    is_known,
    event_id,
    occurred_at,
    names_source,
    is_page_view,
    is_product_view,
    is_signup,
    is_entry,
    cast(
        sum(case when is_entry then 1 else 0 end) over (
            partition by visitor_id order by occurred_at, event_id rows unbounded preceding
        ) as bigint
    ) as session_number
from opened
