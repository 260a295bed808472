with

sessions as (
    select
        *,
        {{ month_start('started_at') }} as period_start
    from {{ ref('fct_sessions') }}
),

by_path as (
    select
        period_start,
        landing_path,
        count(*) as sessions,
        count(*) filter (where is_bounce) as bounces,
        count(*) filter (where is_first_session) as first_sessions,
        coalesce(sum(event_count) filter (where is_first_session), 0) as first_session_events,
        count(*) filter (where has_order) as sessions_with_order,
        count(*) filter (where signup_count > 0) as sessions_with_signup
    from sessions
    group by 1, 2
),

{# A page hardly anyone landed on may be one person's own. #}
summed as (
    select
        period_start,
        case when sessions < {{ var('landing_min_sessions') }} then '(other)' else landing_path end as landing_path,
        cast(sum(sessions) as bigint) as sessions,
        cast(sum(bounces) as bigint) as bounces,
        cast(sum(first_sessions) as bigint) as first_sessions,
        cast(sum(first_session_events) as bigint) as first_session_events,
        cast(sum(sessions_with_order) as bigint) as sessions_with_order,
        cast(sum(sessions_with_signup) as bigint) as sessions_with_signup
    from by_path
    group by 1, 2
)

select
    period_start,
    landing_path,
    sessions,
    bounces,
    {{ ratio('bounces', 'sessions') }} as bounce_rate,
    first_sessions,
    {{ ratio('first_session_events', 'first_sessions') }} as first_session_depth,
    sessions_with_order,
    {{ ratio('sessions_with_order', 'sessions') }} as conversion_rate,
    sessions_with_signup,
    {{ ratio('sessions_with_signup', 'sessions') }} as signup_rate,
    {{ add_months('period_start', 1) }} <= {{ add_days(as_of_date(), 1) }} as is_complete
from summed
