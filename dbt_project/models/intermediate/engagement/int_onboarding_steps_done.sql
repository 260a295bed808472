with

events as (
    select * from {{ ref('int_events_identified') }}
    where customer_id is not null
),

steps as (
    select * from {{ ref('int_onboarding_steps_listed') }}
)

select
    events.customer_id,
    steps.position,
    steps.step,
    min(events.known_at) as done_at
from events
inner join steps on events.event_name = steps.step
group by events.customer_id, steps.position, steps.step
