with

views as (
    select
        customer_id,
        product_id,
        event_id,
        occurred_at,
        row_number() over (partition by customer_id, product_id order by occurred_at desc, event_id desc) as view_rank,
        count(*) over (partition by customer_id, product_id) as view_count
    from {{ ref('int_human_events_kept') }}
    where
        event_name in {{ text_list(var('product_view_events')) }}
        and customer_id is not null
        and product_id is not null
        and occurred_at >= {{ add_days(as_of_date(), '-' ~ var('browse_history_days')) }}
)

select
    customer_id,
    product_id,
    event_id as last_view_event_id,
    occurred_at as last_viewed_at,
    cast(view_count as bigint) as view_count
from views
where view_rank = 1
