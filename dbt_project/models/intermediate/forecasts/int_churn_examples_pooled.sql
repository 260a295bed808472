with

features as (
    select * from {{ ref('int_churn_features_gathered') }}
    where lapsed_customers is not null and no_order_probability is not null
),

origins as (
    select * from {{ ref('int_forecast_origins_listed') }}
),

fits as (
    select
        origin_on,
        'today' as fit
    from origins
    where is_training_today
    union all
    select
        origin_on,
        'closed' as fit
    from origins
    where is_training_closed
)

select
    fits.fit,
    features.origin_on,
    features.repeat_count,
    features.days_to_last_purchase,
    features.age_days,
    {%- for term in churn_terms().split() %}
    features.{{ term }}_term,
    {%- endfor %}
    features.customers,
    features.lapsed_customers
from features
inner join fits on features.origin_on = fits.origin_on
