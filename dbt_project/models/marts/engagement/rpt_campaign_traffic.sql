with

sessions as (
    select
        session_id,
        {{ month_start('started_at') }} as period_start
    from {{ ref('fct_sessions') }}
),

campaign_sessions as (
    select * from {{ ref('int_campaign_sessions_matched') }}
),

counted as (
    select
        sessions.period_start,
        cast(count(*) as bigint) as sessions,
        cast(count(campaign_sessions.session_id) as bigint) as campaign_sessions,
        cast(count(*) filter (where campaign_sessions.is_known_campaign) as bigint) as known_campaign_sessions,
        cast(count(*) filter (where campaign_sessions.is_sent) as bigint) as sent_campaign_sessions
    from sessions
    left join campaign_sessions on sessions.session_id = campaign_sessions.session_id
    group by sessions.period_start
)

select
    period_start,
    sessions,
    campaign_sessions,
    known_campaign_sessions,
    sent_campaign_sessions,
    {{ ratio('campaign_sessions', 'sessions') }} as campaign_share,
    {{ ratio('campaign_sessions - known_campaign_sessions', 'campaign_sessions') }} as unknown_share,
    {{ ratio('campaign_sessions - sent_campaign_sessions', 'campaign_sessions') }} as unmatched_share,
    {{ add_months('period_start', 1) }} <= {{ add_days(as_of_date(), 1) }} as is_complete
from counted
