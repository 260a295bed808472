with

features as (
    select * from {{ ref('int_churn_features_gathered') }}
),

origins as (
    select * from {{ ref('int_forecast_origins_listed') }}
),

fits as (
    select * from {{ ref('int_churn_models_fitted') }}
    where is_full
),

{# Today's customers by the one fit, those of the last closed window by the one that knew nothing of it. #}
scored as (
    select
        features.*,
        fits.fit,
        fits.unidentified_reason,
        fits.intercept
        {%- for term in churn_terms().split() %}
        + fits.{{ term }}_coefficient * features.{{ term }}_term
        {%- endfor %} as log_odds
    from features
    inner join origins on features.origin_on = origins.origin_on
    inner join fits
        on
            (origins.is_today and fits.fit = 'today')
            or (origins.is_closed and fits.fit = 'closed')
),

judged as (
    select
        scored.*,
        case
            when unidentified_reason is null and log_odds is not null then 'logit'
            when no_order_probability is not null then 'purchase_model'
            else 'none'
        end as score_method
    from scored
)

select
    origin_on,
    repeat_count,
    days_to_last_purchase,
    age_days,
    fit,
    score_method,
    no_probability_reason as no_score_reason,
    customers,
    lapsed_customers,
    case
        when score_method = 'logit' then 1e0 / (1e0 + exp(-greatest(least(log_odds, 700e0), -700e0)))
        when score_method = 'purchase_model' then no_order_probability
    end as churn_risk
from judged
