with

periods as (
    select * from {{ ref('int_periods_listed') }}
),

orders as (
    select * from {{ ref('int_orders_netted_of_refunds') }}
    where is_counted
),

subscriptions as (
    select * from {{ ref('stg_shop__subscriptions') }}
),

events as (
    select distinct
        customer_id,
        cast(occurred_at as date) as occurred_on
    from {{ ref('int_events_identified') }}
    where customer_id is not null and event_name in {{ text_list(var('activity_events')) }}
),

days as (
    select
        customer_id,
        ordered_on as active_on,
        count(*) as order_count,
        sum(net_amount) as revenue_amount
    from orders
    group by customer_id, ordered_on
    union all
    select
        customer_id,
        occurred_on as active_on,
        0 as order_count,
        0 as revenue_amount
    from events
),

activity as (
    select
        days.*,
        'month' as period_kind,
        {{ month_start('active_on') }} as period_start
    from days
    union all
    select
        days.*,
        'week' as period_kind,
        {{ week_start('active_on') }} as period_start
    from days
    union all
    select
        subscriptions.customer_id,
        periods.period_start as active_on,
        0 as order_count,
        0 as revenue_amount,
        periods.period_kind,
        periods.period_start
    from periods
    inner join subscriptions
        on
            periods.period_end > subscriptions.started_at
            and (subscriptions.ended_at is null or periods.period_start < subscriptions.ended_at)
)

select
    activity.customer_id,
    activity.period_kind,
    activity.period_start,
    max(periods.period_position) as period_position,
    cast(sum(activity.order_count) as bigint) as order_count,
    cast(sum(activity.revenue_amount) as decimal(18, 4)) as revenue_amount
from activity
inner join periods on activity.period_kind = periods.period_kind and activity.period_start = periods.period_start
group by activity.customer_id, activity.period_kind, activity.period_start
