with

models as (
    select * from {{ ref('int_purchase_models_listed') }}
),

nbd as (
    select * from {{ ref('int_nbd_models_fitted') }}
),

{# Near where most shops end, seen from their optimum without dropout; where that is at infinity, from r 1, alpha 10. #}
starts as (
    select
        models.origin_on,
        models.dropout_offset,
        coalesce(nbd.r, 1e0) * (0.8e0 + 0.4e0 * models.dropout_offset) as start_r,
        coalesce(nbd.alpha, 10e0) * 0.7e0 as start_alpha,
        0.7e0 as start_a,
        2.5e0 as start_b
    from models
    inner join nbd on models.origin_on = nbd.origin_on
    where models.dropout_offset is not null and models.unfit_reason is null
),

{{ newton_of_dropout_models(data=ref('int_purchase_evidence_gathered'), fits='starts') }}

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
