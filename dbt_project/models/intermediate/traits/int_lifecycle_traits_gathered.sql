with

customers as (
    select * from {{ ref('dim_customers') }}
    where not is_deleted and not is_erased
),

histories as (
    select * from {{ ref('int_stage_histories_summed') }}
),

stages as (
    select * from {{ ref('lifecycle_stages') }}
),

subscriptions as (
    select * from {{ ref('int_subscriptions_summed_to_customers') }}
),

releases as (
    select * from {{ ref('int_releases_summed_to_customers') }}
),

conversions as (
    select
        customers.customer_id,
        case
            when customers.first_ordered_at <= subscriptions.first_subscribed_at then customers.first_ordered_at
            else coalesce(subscriptions.first_subscribed_at, customers.first_ordered_at)
        end as first_converted_at
    from customers
    left join subscriptions on customers.customer_id = subscriptions.customer_id
)

select
    customers.customer_id,
    histories.lifecycle_stage,
    histories.entered_at as lifecycle_stage_entered_at,
    stages.funnel_stage,
    stages.lifecycle_segment,
    histories.previous_stage as previous_lifecycle_stage,
    {{ days_between('histories.entered_at', as_of_date()) }} as days_in_stage,
    conversions.first_converted_at,
    {{ days_between('conversions.first_converted_at', as_of_date()) }} as tenure_days,
    histories.churned_at,
    {{ days_between('histories.churned_at', as_of_date()) }} as days_since_churn,
    coalesce(releases.release_count, 0) as releases_since_churn,
    releases.latest_release as latest_release_since_churn,
    histories.reactivated_at,
    histories.winback_count,
    coalesce(subscriptions.has_live_subscription, false) as has_live_subscription,
    subscriptions.subscription_plan,
    cast(coalesce(subscriptions.monthly_recurring_amount, 0) as decimal(18, 4)) as monthly_recurring_amount,
    subscriptions.subscription_ended_at,
    subscriptions.subscription_cancel_reason,
    coalesce(subscriptions.has_upgraded, false) as has_upgraded,
    subscriptions.last_upgraded_at
from customers
left join conversions on customers.customer_id = conversions.customer_id
left join histories on customers.customer_id = histories.customer_id
left join releases on customers.customer_id = releases.customer_id
left join stages on histories.lifecycle_stage = stages.lifecycle_stage
left join subscriptions on customers.customer_id = subscriptions.customer_id
