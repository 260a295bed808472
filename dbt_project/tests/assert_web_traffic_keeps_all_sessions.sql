{# A row is a report on sessions that counts more or fewer of them than there are. #}
with

sessions as (
    select count(*) as sessions from {{ ref('fct_sessions') }}
),

figures as (
    select
        'traffic by ' || period_kind as report,
        sum(sessions) as sessions
    from {{ ref('rpt_web_traffic') }}
    where channel <> 'all'
    group by period_kind
    union all
    select
        'all traffic by ' || period_kind as report,
        sum(sessions) as sessions
    from {{ ref('rpt_web_traffic') }}
    where channel = 'all'
    group by period_kind
    union all
    select
        'landing pages' as report,
        sum(sessions) as sessions
    from {{ ref('rpt_landing_pages') }}
    having sum(sessions) is not null
    union all
    select
        'campaign traffic' as report,
        sum(sessions) as sessions
    from {{ ref('rpt_campaign_traffic') }}
    having sum(sessions) is not null
)

select
    figures.report,
    figures.sessions as sessions_reported,
    sessions.sessions
from figures
cross join sessions
where figures.sessions <> sessions.sessions
