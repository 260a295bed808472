with

steps as (
    select
        customer_id,
        event_name,
        cast(min(known_at) as date) as done_on
    from {{ ref('int_events_identified') }}
    where customer_id is not null and event_name in {{ text_list(var('activation_events')) }}
    group by customer_id, event_name
)

select
    customer_id,
    max(done_on) as activated_on
from steps
group by customer_id
having count(*) = {{ var('activation_events') | length }}
