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
)

{{ parameter_rows('purchases', ['r', 'alpha', 'a', 'b'], likelihood_ratio='likelihood_ratio') }}
union all
{{ parameter_rows('rates', ['r', 'alpha']) }}
union all
{{ parameter_rows('spends', ['p', 'q', 'v']) }}
union all
{{ parameter_rows('contracts', ['alpha', 'beta'], observations='subscriptions') }}
