with

histories as (
    select * from {{ ref('int_purchase_histories_summed') }}
    where origin_on = {{ as_of_date() }}
),

risks as (
    select * from {{ ref('int_churn_risks_scored') }}
    where fit = 'today'
),

drivers as (
    select * from {{ ref('int_churn_drivers_ranked') }}
),

subscriptions as (
    select * from {{ ref('int_subscription_risks_scored') }}
),

{# Who bought is scored by what was bought; the subscription alone counts for who never did. #}
scored as (
    select
        coalesce(histories.customer_id, subscriptions.customer_id) as customer_id,
        case
            when histories.customer_id is null then subscriptions.subscription_churn_risk else risks.churn_risk
        end as churn_risk,
        case
            when histories.customer_id is not null then risks.score_method
            when subscriptions.subscription_churn_risk is not null then 'subscription'
            else 'none'
        end as score_method,
        case
            when histories.customer_id is null then subscriptions.no_score_reason else risks.no_score_reason
        end as no_score_reason,
        {%- for position in (1, 2, 3) %}{% for column in ('', '_code', '_share') %}
        drivers.risk_driver_{{ position }}{{ column }},
        {%- endfor %}{% endfor %}
        coalesce(subscriptions.has_live_subscription, false) as has_live_subscription,
        subscriptions.subscription_tenure_months,
        subscriptions.subscription_churn_risk
    from histories
    full outer join subscriptions on histories.customer_id = subscriptions.customer_id
    left join risks
        on
            histories.repeat_count = risks.repeat_count
            and histories.days_to_last_purchase = risks.days_to_last_purchase
            and histories.age_days = risks.age_days
    left join drivers
        on
            histories.repeat_count = drivers.repeat_count
            and histories.days_to_last_purchase = drivers.days_to_last_purchase
            and histories.age_days = drivers.age_days
)

select
    customer_id,
    churn_risk,
    case
        when churn_risk >= {{ var('churn_risk_high') }} then 'high'
        when churn_risk >= {{ var('churn_risk_medium') }} then 'medium'
        when churn_risk >= 0 then 'low'
    end as churn_risk_band,
    cast({{ var('churn_horizon_days') }} as bigint) as horizon_days,
    {%- for position in (1, 2, 3) %}
    risk_driver_{{ position }},
    risk_driver_{{ position }}_code,
    risk_driver_{{ position }}_share,
    {%- endfor %}
    score_method,
    no_score_reason,
    {{ as_of_date() }} as scored_on,
    has_live_subscription,
    subscription_tenure_months,
    subscription_churn_risk
from scored
