with

events as (
    select * from {{ ref('int_human_events_kept') }}
    where customer_id is not null
),

features as (
    select * from {{ ref('features') }}
)

select
    events.customer_id,
    features.feature,
    features.is_key,
    {{ month_start('events.occurred_at') }} as period_start,
    min(events.occurred_at) as first_used_at,
    max(events.occurred_at) as last_used_at,
    cast(count(*) as bigint) as event_count
from events
inner join features on events.event_name = features.event_name
group by 1, 2, 3, 4
