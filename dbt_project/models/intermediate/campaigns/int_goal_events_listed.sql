with

goals as (
    select goal_event from {{ ref('int_campaigns_listed') }}
    union
    select 'order_completed' as goal_event
),

records as (
    select * from {{ ref('int_records_listed_as_events') }}
),

record_names as (
    select distinct event_name from records
    union
    select 'order_completed' as event_name
),

tracked_goals as (
    select goals.goal_event
    from goals
    left join record_names on goals.goal_event = record_names.event_name
    where record_names.event_name is null
),

tracked as (
    select * from {{ ref('int_events_identified') }}
    where customer_id is not null
)

select
    records.customer_id,
    records.event_name,
    records.occurred_at,
    cast(case when records.event_name = 'order_completed' then records.value end as decimal(18, 4)) as net_amount
from records
inner join goals on records.event_name = goals.goal_event

union all

select
    tracked.customer_id,
    tracked.event_name,
    tracked.occurred_at,
    cast(null as decimal(18, 4)) as net_amount
from tracked
inner join tracked_goals on tracked.event_name = tracked_goals.goal_event
