with

months as (
    select * from {{ ref('int_periods_listed') }}
    where period_kind = 'month'
),

subscriptions as (
    select * from {{ ref('stg_shop__subscriptions') }}
),

purchases as (
    select * from {{ ref('int_purchase_days_merged') }}
),

events as (
    select
        customer_id,
        cast(occurred_at as date) as occurred_on,
        cast(known_at as date) as known_on
    from {{ ref('int_events_identified') }}
    where customer_id is not null and event_name in {{ text_list(var('activity_events')) }}
),

conversions as (
    select
        customer_id,
        min(converted_on) as converted_on
    from (
        select
            customer_id,
            purchased_on as converted_on
        from purchases
        union all
        select
            customer_id,
            cast(started_at as date) as converted_on
        from subscriptions
    ) as firsts
    group by customer_id
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
        events.known_on as active_on
    from events
    inner join conversions on events.customer_id = conversions.customer_id
    inner join months on {{ month_start('events.occurred_on') }} = months.period_start
    where events.occurred_on >= conversions.converted_on
)

select
    customer_id,
    period_position,
    min(active_on) as active_on
from activity
group by customer_id, period_position
