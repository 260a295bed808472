with

models as (
    select * from {{ ref('int_purchase_models_listed') }}
),

nbd as (
    select * from {{ ref('int_nbd_models_fitted') }}
),

fits as (
    select * from nbd
    union all
    select * from {{ ref('int_dropout_models_fitted') }}
),

compared as (
    select
        models.*,
        fits.r,
        fits.alpha,
        fits.a,
        fits.b,
        fits.r_error,
        fits.alpha_error,
        fits.a_error,
        fits.b_error,
        fits.log_likelihood,
        case when models.model <> 'nbd' then 2e0 * (fits.log_likelihood - nbd.log_likelihood) end as likelihood_ratio,
        {{ ratio('fits.gradient_norm', 'models.customers') }} as gradient_norm,
        fits.iterations,
        fits.is_converged
    from models
    left join fits on models.origin_on = fits.origin_on and models.model = fits.model
    left join nbd on models.origin_on = nbd.origin_on
),

judged as (
    select
        *,
        case
            when unfit_reason is not null then unfit_reason
            when likelihood_ratio < {{ var('dropout_min_likelihood_ratio') }} then 'no_dropout'
            when not coalesce(is_converged, false) then 'not_converged'
            when r is null then 'flat_likelihood'
            when {{ ratio('a', 'a + b') }} < {{ var('dropout_min_share') }} then 'no_dropout'
        end as unidentified_reason
    from compared
)

select
    origin_on,
    model,
    dropout_offset,
    customers,
    repeat_buyers,
    window_days,
    r,
    alpha,
    a,
    b,
    r_error,
    alpha_error,
    a_error,
    b_error,
    log_likelihood,
    likelihood_ratio,
    gradient_norm,
    iterations,
    is_converged,
    unidentified_reason is null as is_identified,
    unidentified_reason
from judged
