{# A row means that sessions lost or doubled events, or that a session found no channel. #}
with

events as (
    select count(*) as event_count from {{ ref('int_human_events_kept') }}
),

sessions as (
    select cast(coalesce(sum(event_count), 0) as bigint) as event_count from {{ ref('fct_sessions') }}
)

select
    events.event_count as events_kept,
    sessions.event_count as events_in_sessions
from events
cross join sessions
where events.event_count <> sessions.event_count
