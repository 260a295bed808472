with

months as (
    select * from {{ ref('int_periods_listed') }}
    where period_kind = 'month'
),

subscriptions as (
    select * from {{ ref('stg_shop__subscriptions') }}
),

events as (
    select
        customer_id,
        cast(known_at as date) as occurred_on
    from {{ ref('int_events_identified') }}
    where customer_id is not null and event_name in {{ text_list(var('activity_events')) }}
),

activity as (
    select
        subscriptions.customer_id,
        months.period_position,
        case
            when subscriptions.started_at > months.period_start then cast(subscriptions.started_at as date)
            else months.period_start
        end as active_on
    from subscriptions
    inner join months
        on
            subscriptions.started_at < months.period_end
            and (subscriptions.ended_at is null or subscriptions.ended_at > months.period_start)
    where months.period_start <= {{ as_of_date() }}
    union all
    select
        events.customer_id,
        months.period_position,
        events.occurred_on as active_on
    from events
    inner join months
        on
            events.occurred_on >= months.period_start
            and events.occurred_on < months.period_end
),

months_active as (
    select
        customer_id,
        period_position,
        min(active_on) as active_on
    from activity
    group by customer_id, period_position
),

compared as (
    select
        customer_id,
        active_on,
        period_position - lag(period_position) over (partition by customer_id order by period_position) as months_since
    from months_active
)

select
    customer_id,
    min(active_on) as formed_on
from compared
where months_since = 1
group by customer_id
