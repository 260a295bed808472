with

purchases as (
    select * from {{ ref('int_purchase_models_fitted') }}
    where origin_on = {{ as_of_date() }} and model <> 'nbd'
),

rates as (
    select * from {{ ref('int_purchase_models_fitted') }}
    where origin_on = {{ as_of_date() }} and model = 'nbd'
),

spends as (
    select
        *,
        'gamma_gamma' as model
    from {{ ref('int_spend_models_fitted') }}
    where origin_on = {{ as_of_date() }}
),

contracts as (
    select
        *,
        'sbg' as model
    from {{ ref('int_contract_models_fitted') }}
),

churn_logits as (
    select
        *,
        {%- for term in churn_terms().split() %}
        {{ term }}_coefficient as {{ term }},
        {{ term }}_coefficient_error as {{ term }}_error,
        {%- endfor %}
        'churn_logit' as model,
        {{ as_of_date() }} as origin_on,
        {{ days_between('first_origin_on', as_of_date()) }} as window_days,
        unidentified_reason is null as is_identified
    from {{ ref('int_churn_models_fitted') }}
    where fit = 'today' and is_full
)

{{ parameter_rows('purchases', ['r', 'alpha', 'a', 'b'], likelihood_ratio='likelihood_ratio') }}
union all
{{ parameter_rows('rates', ['r', 'alpha']) }}
union all
{{ parameter_rows('spends', ['p', 'q', 'v']) }}
union all
{{ parameter_rows('contracts', ['alpha', 'beta'], observations='subscriptions') }}
union all
{{ parameter_rows('churn_logits', ['intercept'] + churn_terms().split(), observations='coalesce(customers, 0)') }}
