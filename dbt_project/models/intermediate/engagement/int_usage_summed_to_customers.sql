with

days as (
    select
        customer_id,
        count(*) filter (where days_ago <= 28) as active_days_28d,
        coalesce(sum(event_count) filter (where days_ago <= 28), 0) as usage_28d,
        coalesce(sum(event_count) filter (where days_ago > 28), 0) as usage_prior_28d,
        coalesce(sum(product_view_count) filter (where days_ago <= 7), 0) as product_views_7d
    from {{ ref('int_activity_days_counted') }}
    group by customer_id
),

streaks as (
    select * from {{ ref('int_streaks_counted') }}
),

features as (
    select
        customer_id,
        count(distinct feature) as key_features_used_7d
    from {{ ref('int_feature_months_counted') }}
    where is_key and {{ days_between('last_used_at', as_of_date()) }} <= 7
    group by customer_id
),

unbought as (
    select
        customer_id,
        count(*) as viewed_not_bought_count_30d
    from {{ ref('int_viewed_products_unbought') }}
    group by customer_id
)

select
    days.customer_id,
    cast(days.active_days_28d as bigint) as active_days_28d,
    cast(days.usage_28d as bigint) as usage_28d,
    cast(days.usage_prior_28d as bigint) as usage_prior_28d,
    cast(days.product_views_7d as bigint) as product_views_7d,
    cast(coalesce(features.key_features_used_7d, 0) as bigint) as key_features_used_7d,
    cast(coalesce(unbought.viewed_not_bought_count_30d, 0) as bigint) as viewed_not_bought_count_30d,
    cast(coalesce(streaks.streak_days, 0) as bigint) as streak_days
from days
left join streaks on days.customer_id = streaks.customer_id
left join features on days.customer_id = features.customer_id
left join unbought on days.customer_id = unbought.customer_id
