{# The log-odds in parts: what a logit of the facts alone says of each fact, and what the full logit adds to it. #}
with

features as (
    select * from {{ ref('int_churn_features_gathered') }}
    where origin_on = {{ as_of_date() }}
),

fits as (
    select * from {{ ref('int_churn_models_fitted') }}
    where fit = 'today' and unidentified_reason is null
)

select
    features.repeat_count,
    features.days_to_last_purchase,
    features.age_days,
    features.customers,
    {%- for fact in churn_facts().split() %}
    facts.{{ fact }}_coefficient * features.{{ fact }}_term as {{ fact }}_part,
    facts.{{ fact }}_coefficient > 0 as {{ fact }}_raises,
    {%- endfor %}
    0e0
    {%- for term in churn_terms().split() %}
    + full_logit.{{ term }}_coefficient * features.{{ term }}_term
    {%- endfor %}
    {%- for fact in churn_facts().split() %}
    - facts.{{ fact }}_coefficient * features.{{ fact }}_term
    {%- endfor %} as pattern_part,
    true as pattern_raises
from features
inner join fits as full_logit on full_logit.is_full
inner join fits as facts on not facts.is_full
where features.purchase_model_term is not null
