with

patterns as (
    select * from {{ ref('int_purchase_patterns_counted') }}
),

repeats as (
    select * from {{ ref('int_repeat_purchases_counted') }}
),

models as (
    select * from {{ ref('int_purchase_models_listed') }}
),

nbd as (
    select * from {{ ref('int_nbd_models_fitted') }}
),

statistics as (
    select
        origin_on,
        cast(customers as {{ t_double() }}) as customers,
        cast(repeat_count as {{ t_double() }}) as repeat_count,
        days_to_last_purchase / 7.0e0 as last_age,
        age_days / 7.0e0 as age,
        0e0 as repeat_number,
        0e0 as customers_at_least,
        0e0 as customers_above
    from patterns
    union all
    select
        origin_on,
        0e0 as customers,
        0e0 as repeat_count,
        0e0 as last_age,
        0e0 as age,
        cast(repeat_number as {{ t_double() }}) as repeat_number,
        cast(customers_at_least as {{ t_double() }}) as customers_at_least,
        cast(customers_above as {{ t_double() }}) as customers_above
    from repeats
),

{# The optimum without dropout; where it lies at infinity, a purchase in ten weeks. #}
starts as (
    select
        models.origin_on,
        models.dropout_offset,
        coalesce(nbd.r, 1e0) as start_r,
        coalesce(nbd.alpha, 10e0) as start_alpha,
        0.5e0 as start_a,
        2e0 as start_b
    from models
    inner join nbd on models.origin_on = nbd.origin_on
    where models.dropout_offset is not null and models.unfit_reason is null
),

{{ newton_of_dropout_models(data='statistics', fits='starts') }}

select
    origin_on,
    case dropout_offset when 0 then 'bgnbd' else 'mbgnbd' end as model,
    r,
    alpha,
    a,
    b,
    r_error,
    alpha_error,
    a_error,
    b_error,
    log_likelihood,
    gradient_norm,
    iterations,
    is_converged
from fitted
