with

{# Only who was active on the as-of day has a streak. #}
active_today as (
    select customer_id from {{ ref('int_activity_days_counted') }}
    where days_ago = 0
),

events as (
    select * from {{ ref('int_human_events_kept') }}
),

days as (
    select distinct
        events.customer_id,
        {{ days_between('events.occurred_at', as_of_date()) }} as days_ago
    from events
    inner join active_today on events.customer_id = active_today.customer_id
),

numbered as (
    select
        customer_id,
        days_ago,
        row_number() over (partition by customer_id order by days_ago) as active_day_number
    from days
)

select
    customer_id,
    cast(count(*) as bigint) as streak_days
from numbered
where days_ago = active_day_number - 1
group by customer_id
