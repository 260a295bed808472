with

customers as (
    select * from {{ ref('dim_customers') }}
    where not is_deleted and not is_erased
),

engagement as (
    select * from {{ ref('fct_customer_engagement') }}
),

onboarding as (
    select * from {{ ref('fct_onboarding_progress') }}
),

interests as (
    select * from {{ ref('fct_interest_affinity') }}
    where interest_rank = 1
),

unused_features as (
    select * from {{ ref('int_unused_features_ranked') }}
    where feature_rank = 1
)

select
    customers.customer_id,
    engagement.engagement_score,
    engagement.email_engagement_tier,
    engagement.human_opens_90d,
    engagement.clicks_90d,
    engagement.last_click_at,
    engagement.first_seen_at,
    engagement.last_seen_at,
    engagement.days_since_last_seen,
    engagement.active_days_28d,
    engagement.streak_days,
    engagement.sessions_30d,
    engagement.product_views_7d,
    engagement.viewed_not_bought_count_30d,
    engagement.key_features_used_7d,
    engagement.usage_28d,
    engagement.usage_trend,
    engagement.primary_device,
    engagement.first_touch_channel,
    engagement.first_touch_campaign,
    engagement.last_touch_channel,
    engagement.last_touch_campaign,
    onboarding.steps_done as onboarding_steps_done,
    onboarding.onboarding_progress_pct,
    onboarding.next_onboarding_step,
    onboarding.days_since_last_step as days_since_last_onboarding_step,
    onboarding.activated_at,
    onboarding.is_activated_7d,
    interests.interest as top_interest,
    interests.source as top_interest_source,
    interests.affinity as top_interest_affinity,
    unused_features.feature as unused_key_feature
from customers
inner join engagement on customers.customer_id = engagement.customer_id
inner join onboarding on customers.customer_id = onboarding.customer_id
left join interests on customers.customer_id = interests.customer_id
left join unused_features on customers.customer_id = unused_features.customer_id
