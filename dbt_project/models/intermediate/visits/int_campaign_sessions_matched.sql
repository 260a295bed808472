with

sessions as (
    select * from {{ ref('fct_sessions') }}
    where first_touch_campaign is not null
),

messages as (
    select * from {{ ref('stg_shop__message_events') }}
    where event = 'sent'
),

sent_before as (
    select distinct sessions.session_id
    from sessions
    inner join messages
        on
            sessions.customer_id = messages.customer_id
            and sessions.campaign_id = messages.campaign_id
    where
        messages.occurred_at <= sessions.started_at
        and {{ days_between('messages.occurred_at', 'sessions.started_at') }} <= {{ var('sent_match_days') }}
)

select
    sessions.session_id,
    sessions.started_at,
    sessions.campaign_id is not null as is_known_campaign,
    sent_before.session_id is not null as is_sent
from sessions
left join sent_before on sessions.session_id = sent_before.session_id
