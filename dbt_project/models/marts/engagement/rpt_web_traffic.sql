with

visitors as (
    select * from {{ ref('int_visitor_periods_counted') }}
),

{# Someone who came by two channels is one visitor of all. #}
visitors_overall as (
    select
        period_kind,
        period_start,
        'all' as channel,
        'all' as campaign_id,
        visitor_id,
        sum(sessions) as sessions,
        sum(first_sessions) as first_sessions,
        sum(bounces) as bounces,
        sum(sessions_with_order) as sessions_with_order,
        sum(orders) as orders,
        sum(revenue_amount) as revenue_amount
    from visitors
    group by period_kind, period_start, visitor_id
),

summed as (
    select
        period_kind,
        period_start,
        channel,
        campaign_id,
        cast(sum(sessions) as bigint) as sessions,
        cast(count(*) as bigint) as visitors,
        cast(sum(first_sessions) as bigint) as new_visitors,
        cast(sum(bounces) as bigint) as bounces,
        cast(sum(sessions_with_order) as bigint) as sessions_with_order,
        cast(sum(orders) as bigint) as orders,
        cast(sum(revenue_amount) as decimal(18, 4)) as revenue_amount
    from (
        select * from visitors
        union all
        select * from visitors_overall
    ) as everyone
    group by period_kind, period_start, channel, campaign_id
)

select
    period_kind,
    period_start,
    channel,
    campaign_id,
    sessions,
    visitors,
    new_visitors,
    bounces,
    {{ ratio('bounces', 'sessions') }} as bounce_rate,
    sessions_with_order,
    {{ ratio('sessions_with_order', 'sessions') }} as conversion_rate,
    orders,
    revenue_amount,
    case
        when period_kind = 'week' then {{ add_days('period_start', 7) }}
        else {{ add_months('period_start', 1) }}
    end <= {{ add_days(as_of_date(), 1) }} as is_complete
from summed
