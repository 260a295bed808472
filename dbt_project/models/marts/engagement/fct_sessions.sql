with

sessions as (
    select * from {{ ref('int_sessions_spanned') }}
),

sources as (
    select * from {{ ref('int_sessions_sourced') }}
),

campaigns as (
    select * from {{ ref('int_utm_campaigns_matched') }}
),

channels as (
    select * from {{ ref('int_traffic_sources_classified') }}
),

orders as (
    select * from {{ ref('int_orders_summed_to_sessions') }}
)

select
    sessions.visitor_id || '-' || cast(sessions.session_number as {{ t_text() }}) as session_id,
    sessions.visitor_id,
    sessions.customer_id,
    sessions.session_number,
    sessions.started_at,
    sessions.ended_at,
    sessions.event_count,
    sessions.page_view_count,
    sessions.product_view_count,
    sessions.signup_count,
    coalesce(orders.order_count, 0) as order_count,
    cast(coalesce(orders.revenue_amount, 0) as decimal(18, 4)) as revenue_amount,
    channels.channel,
    sources.referrer_host,
    sources.utm_source,
    sources.utm_medium,
    campaigns.campaign_id,
    sources.first_touch_campaign,
    sources.last_touch_campaign,
    sources.landing_path,
    sources.device,
    sources.country,
    sessions.session_number = 1 as is_first_session,
    sessions.event_count = 1 and orders.order_count is null as is_bounce,
    orders.order_count is not null as has_order
from sessions
inner join sources
    on
        sessions.visitor_id = sources.visitor_id
        and sessions.session_number = sources.session_number
inner join channels
    on
        sources.utm_source = channels.utm_source
        and sources.utm_medium = channels.utm_medium
        and sources.referrer_host = channels.referrer_host
left join campaigns on sources.first_touch_campaign = campaigns.utm_campaign
left join orders
    on
        sessions.customer_id = orders.customer_id
        and sessions.session_number = orders.session_number
