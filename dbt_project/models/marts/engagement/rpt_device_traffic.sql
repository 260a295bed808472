with

sessions as (
    select
        {{ month_start('started_at') }} as period_start,
        coalesce(lower(device), '(unknown)') as device,
        is_bounce,
        has_order
    from {{ ref('fct_sessions') }}
),

counted as (
    select
        period_start,
        device,
        cast(count(*) as bigint) as sessions,
        cast(count(*) filter (where is_bounce) as bigint) as bounces,
        cast(count(*) filter (where has_order) as bigint) as sessions_with_order
    from sessions
    group by period_start, device
)

select
    period_start,
    device,
    sessions,
    {{ ratio('sessions', 'sum(sessions) over (partition by period_start)') }} as session_share,
    bounces,
    {{ ratio('bounces', 'sessions') }} as bounce_rate,
    sessions_with_order,
    {{ ratio('sessions_with_order', 'sessions') }} as conversion_rate,
    {{ add_months('period_start', 1) }} <= {{ add_days(as_of_date(), 1) }} as is_complete
from counted
