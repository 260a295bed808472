with

sessions as (
    select
        visitor_id,
        channel,
        coalesce(campaign_id, first_touch_campaign, '(none)') as campaign_id,
        {{ week_start('started_at') }} as week_start,
        {{ month_start('started_at') }} as month_start,
        case when is_first_session then 1 else 0 end as first_session,
        case when is_bounce then 1 else 0 end as bounce,
        case when has_order then 1 else 0 end as session_with_order,
        order_count,
        revenue_amount
    from {{ ref('fct_sessions') }}
),

in_periods as (
    select
        sessions.*,
        'week' as period_kind,
        week_start as period_start
    from sessions
    union all
    select
        sessions.*,
        'month' as period_kind,
        month_start as period_start
    from sessions
)

select
    period_kind,
    period_start,
    channel,
    campaign_id,
    visitor_id,
    cast(count(*) as bigint) as sessions,
    cast(sum(first_session) as bigint) as first_sessions,
    cast(sum(bounce) as bigint) as bounces,
    cast(sum(session_with_order) as bigint) as sessions_with_order,
    cast(sum(order_count) as bigint) as orders,
    cast(sum(revenue_amount) as decimal(18, 4)) as revenue_amount
from in_periods
group by period_kind, period_start, channel, campaign_id, visitor_id
