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
        telling.event_id,
        telling.occurred_at,
        telling.is_entry,
        telling.names_source,
        {{ url_path('events.url') }} as path,
        events.device,
        events.country,
        events.referrer_host,
        lower(events.utm_source) as utm_source,
        lower(events.utm_medium) as utm_medium,
        events.utm_campaign
    from telling
    inner join events on telling.event_id = events.event_id
),

ranked as (
    select
        *,
        row_number() over (
            partition by visitor_id, session_number order by occurred_at, event_id
        ) as source_rank,
        row_number() over (
            partition by visitor_id, session_number
            order by case when utm_campaign is not null then occurred_at end desc nulls last, event_id desc
        ) as campaign_rank
    from described
    where names_source
),

sources as (
    select
        visitor_id,
        session_number,
        max(case when source_rank = 1 then referrer_host end) as referrer_host,
        max(case when source_rank = 1 then utm_source end) as utm_source,
        max(case when source_rank = 1 then utm_medium end) as utm_medium,
        max(case when source_rank = 1 then utm_campaign end) as first_touch_campaign,
        max(case when campaign_rank = 1 then utm_campaign end) as last_touch_campaign
    from ranked
    group by visitor_id, session_number
)

select
    described.visitor_id,
    described.session_number,
    coalesce(nullif(described.path, ''), '(none)') as landing_path,
    described.device,
    described.country,
    coalesce(sources.referrer_host, '(none)') as referrer_host,
    coalesce(
        sources.utm_source, case when sources.first_touch_campaign is not null then '(unnamed)' else '(none)' end
    ) as utm_source,
    coalesce(sources.utm_medium, '(none)') as utm_medium,
    sources.first_touch_campaign,
    sources.last_touch_campaign
from described
left join sources
    on
        described.visitor_id = sources.visitor_id
        and described.session_number = sources.session_number
where described.is_entry
