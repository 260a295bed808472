{% set p_floor = '1e-9' %}
with

origins as (
    select * from {{ ref('int_forecast_origins_listed') }}
    where is_today or is_closed or is_training_today or is_training_closed
),

patterns as (
    select * from {{ ref('int_purchase_patterns_counted') }}
),

models as (
    select * from {{ ref('int_purchase_models_chosen') }}
),

outcomes as (
    select * from {{ ref('int_churn_outcomes_counted') }}
),

{# What the purchase model that was fitted on the same day says; null where none could be. #}
forecast as (
    select
        patterns.*,
        patterns.age_days - patterns.days_to_last_purchase as recency_days,
        case
            when models.r is null then coalesce(models.dropout_unidentified_reason, 'no_purchase_model')
        end as no_probability_reason,
        {{ probability_of_no_order('patterns', 'models', var('churn_horizon_days')) }} as no_order_probability
    from patterns
    inner join origins on patterns.origin_on = origins.origin_on
    left join models on patterns.origin_on = models.origin_on
)

select
    forecast.origin_on,
    forecast.repeat_count,
    forecast.days_to_last_purchase,
    forecast.age_days,
    forecast.customers,
    outcomes.lapsed_customers,
    forecast.no_order_probability,
    forecast.no_probability_reason,
    ln(forecast.repeat_count + 2e0) as orders_term,
    ln(forecast.recency_days + 1e0) as recency_term,
    ln(forecast.age_days + 1e0) as age_term,
    {# Recency in mean gaps between own purchases; 1 for who bought once. #}
    ln(
        1e0
        + coalesce({{ ratio('forecast.recency_days * forecast.repeat_count', 'forecast.days_to_last_purchase') }}, 1e0)
    ) as rhythm_term,
    {# The logit, of probabilities kept a billionth off 0 and 1. #}
    case
        when forecast.no_order_probability is not null
            then ln(
                greatest(forecast.no_order_probability, {{ p_floor }})
                / greatest(1e0 - forecast.no_order_probability, {{ p_floor }})
            )
    end as purchase_model_term
from forecast
left join outcomes
    on
        forecast.origin_on = outcomes.origin_on
        and forecast.repeat_count = outcomes.repeat_count
        and forecast.days_to_last_purchase = outcomes.days_to_last_purchase
        and forecast.age_days = outcomes.age_days
