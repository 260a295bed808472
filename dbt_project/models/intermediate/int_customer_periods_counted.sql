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
    select distinct customer_id, cast(occurred_at as date) as occurred_on
    from {{ ref('int_events_identified') }}
    where event_name in {{ text_list(var('activity_events')) }}
),

order_days as (
    select customer_id, ordered_on, count(*) as order_count, sum(net_amount) as revenue_amount
    from orders
    group by customer_id, ordered_on
),

activity as (
    select
        'month' as period_kind,
        {{ month_start('ordered_on') }} as period_start,
        customer_id, order_count, revenue_amount
    from order_days
    union all
    select
        'week' as period_kind,
        {{ week_start('ordered_on') }} as period_start,
        customer_id, order_count, revenue_amount
    from order_days
    union all
    select
        periods.period_kind, periods.period_start,
        subscriptions.customer_id, 0 as order_count, 0 as revenue_amount
    from periods
    inner join subscriptions
        on periods.period_end > subscriptions.started_at
        and (subscriptions.ended_at is null or periods.period_start < subscriptions.ended_at)
    union all
    select
        periods.period_kind, periods.period_start,
        events.customer_id, 0 as order_count, 0 as revenue_amount
    from periods
    inner join events
        on periods.period_start <= events.occurred_on
        and periods.period_end > events.occurred_on
)

select
    activity.customer_id,
    activity.period_kind,
    activity.period_start,
    max(periods.period_position) as period_position,
    cast(sum(activity.order_count) as bigint) as order_count,
    cast(sum(activity.revenue_amount) as decimal(18, 4)) as revenue_amount
from activity
inner join periods
    on activity.period_kind = periods.period_kind
    and activity.period_start = periods.period_start
group by activity.customer_id, activity.period_kind, activity.period_start
