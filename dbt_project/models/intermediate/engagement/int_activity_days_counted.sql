select
    customer_id,
    {{ days_between('occurred_at', as_of_date()) }} as days_ago,
    cast(count(*) as bigint) as event_count,
    cast(
        count(*) filter (where event_name in {{ text_list(var('product_view_events')) }}) as bigint
    ) as product_view_count
from {{ ref('int_human_events_kept') }}
where customer_id is not null and occurred_at >= {{ add_days(as_of_date(), '-57') }}
group by 1, 2
