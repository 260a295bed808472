with

{# Only events that open a session or name a source are described. #}
telling as (
    select * from {{ ref('int_events_cut_into_sessions') }}
    where is_entry or names_source
),

events as (
    select * from {{ ref('int_human_events_kept') }}
),

described as (
    select
        telling.visitor_id,
        telling.session_number,
        telling.is_entry,
        events.url,
        events.device,
        events.country,
        events.referrer_host,
        lower(events.utm_source) as utm_source,
        lower(events.utm_medium) as utm_medium,
        events.utm_campaign,
        telling.names_source and row_number() over (
            partition by telling.visitor_id, telling.session_number, telling.names_source
            order by telling.occurred_at, telling.event_id
        ) = 1 as is_first_source,
        events.utm_campaign is not null and row_number() over (
            partition by telling.visitor_id, telling.session_number
            order by
                case when events.utm_campaign is not null then telling.occurred_at end desc nulls last,
                telling.event_id desc
        ) = 1 as is_last_campaign
    from telling
    inner join events on telling.event_id = events.event_id
),

summed as (
    select
        visitor_id,
        session_number,
        max(case when is_entry then {{ url_path('url') }} end) as entry_path,
        max(case when is_entry then device end) as device,
        max(case when is_entry then country end) as country,
        max(case when is_first_source then referrer_host end) as referrer_host,
        max(case when is_first_source then utm_source end) as utm_source,
        max(case when is_first_source then utm_medium end) as utm_medium,
        max(case when is_first_source then utm_campaign end) as first_touch_campaign,
        max(case when is_last_campaign then utm_campaign end) as last_touch_campaign
    from described
    group by visitor_id, session_number
)

select
    visitor_id,
    session_number,
    coalesce(nullif(entry_path, ''), '(none)') as landing_path,
    device,
    country,
    coalesce(referrer_host, '(none)') as referrer_host,
    coalesce(utm_source, case when first_touch_campaign is not null then '(unnamed)' else '(none)' end) as utm_source,
    coalesce(utm_medium, '(none)') as utm_medium,
    first_touch_campaign,
    last_touch_campaign
from summed
