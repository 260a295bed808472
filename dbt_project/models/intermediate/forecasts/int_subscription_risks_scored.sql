{#
    In the shifted beta-geometric model (Fader & Hardie 2007) a subscription lasts t months with probability B(alpha, beta + t) / B(alpha, beta); for
    a fraction of a month too, when each subscriber's own chance to leave is spread evenly over the month.
#}
{% set months_ahead = '(' ~ var('churn_horizon_days') ~ ' * 12 / 365.25e0)' %}
with

subscriptions as (
    select
        subscription_id,
        customer_id,
        ended_at is null as is_live,
        {{ days_between('coalesce(trial_ended_at, started_at)', as_of_date()) }} * 12 / 365.25e0 as tenure_months
    from {{ ref('stg_shop__subscriptions') }}
),

contracts as (
    select * from {{ ref('int_contract_models_fitted') }}
),

scored as (
    select
        subscriptions.*,
        contracts.unidentified_reason,
        case
            when subscriptions.is_live and contracts.is_identified
                then greatest(0e0, 1e0 - exp(
                    {{ log_beta('contracts.alpha', '(contracts.beta + tenure_months + ' ~ months_ahead ~ ')') }}
                    - {{ log_beta('contracts.alpha', '(contracts.beta + tenure_months)') }}
                ))
        end as churn_risk
    from subscriptions
    cross join contracts
),

{# Of several, the one least likely to end: the customer is a subscriber as long as one lives. #}
ranked as (
    select
        scored.*,
        row_number() over (
            partition by customer_id order by is_live desc, churn_risk asc nulls last, subscription_id asc
        ) as position
    from scored
)

select
    customer_id,
    is_live as has_live_subscription,
    case when is_live then tenure_months end as subscription_tenure_months,
    churn_risk as subscription_churn_risk,
    case
        when not is_live then 'subscription_ended'
        else unidentified_reason
    end as no_score_reason
from ranked
where position = 1
