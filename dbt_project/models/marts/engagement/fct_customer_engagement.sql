with

customers as (
    select * from {{ ref('stg_shop__customers') }}
),

usage as (
    select * from {{ ref('int_usage_summed_to_customers') }}
),

sessions as (
    select * from {{ ref('int_sessions_summed_to_customers') }}
),

emails as (
    select * from {{ ref('int_emails_summed_to_customers') }}
),

scores as (
    select * from {{ ref('int_engagement_scored') }}
)

select
    customers.customer_id,
    sessions.first_seen_at,
    sessions.last_seen_at,
    {{ days_between('sessions.last_seen_at', as_of_date()) }} as days_since_last_seen,
    coalesce(usage.active_days_28d, 0) as active_days_28d,
    coalesce(sessions.sessions_30d, 0) as sessions_30d,
    coalesce(usage.product_views_7d, 0) as product_views_7d,
    coalesce(usage.viewed_not_bought_count_30d, 0) as viewed_not_bought_count_30d,
    coalesce(usage.key_features_used_7d, 0) as key_features_used_7d,
    coalesce(usage.streak_days, 0) as streak_days,
    coalesce(usage.usage_28d, 0) as usage_28d,
    coalesce(usage.usage_prior_28d, 0) as usage_prior_28d,
    {{ ratio('usage.usage_28d', 'usage.usage_prior_28d') }} as usage_trend,
    sessions.first_touch_channel,
    sessions.first_touch_campaign,
    sessions.last_touch_channel,
    sessions.last_touch_campaign,
    sessions.primary_device,
    coalesce(emails.emails_delivered_90d, 0) as emails_delivered_90d,
    coalesce(emails.human_opens_90d, 0) as human_opens_90d,
    coalesce(emails.clicks_90d, 0) as clicks_90d,
    emails.last_click_at,
    coalesce(emails.email_engagement_tier, 'not_mailed') as email_engagement_tier,
    cast(coalesce(scores.engagement_score, 0) as decimal(7, 4)) as engagement_score
from customers
left join usage on customers.customer_id = usage.customer_id
left join sessions on customers.customer_id = sessions.customer_id
left join emails on customers.customer_id = emails.customer_id
left join scores on customers.customer_id = scores.customer_id
