with

tenures as (
    select
        {{ as_of_date() }} as origin_on,
        cast(month_number as {{ t_double() }}) as month_number,
        cast(kept_subscriptions as {{ t_double() }}) as kept,
        cast(lost_subscriptions as {{ t_double() }}) as lost
    from {{ ref('int_contract_tenures_counted') }}
),

subscriptions as (
    select
        {{ as_of_date() }} as origin_on,
        {{ days_between('min(started_at)', as_of_date()) }} as window_days
    from {{ ref('stg_shop__subscriptions') }}
),

counted as (
    select
        origin_on,
        sum(kept + lost) filter (where month_number = 1) as subscriptions,
        sum(lost) as lost
    from tenures
    group by origin_on
),

{# Losses spread evenly over the chances to leave. #}
starts as (
    select
        origin_on,
        1e0 as start_alpha,
        (sum(kept) + 1e0) / (sum(lost) + 1e0) as start_beta
    from tenures
    group by origin_on
),

{{ newton_of_contract_models(data='tenures', fits='starts') }},

judged as (
    select
        subscriptions.origin_on,
        subscriptions.window_days,
        counted.subscriptions,
        counted.lost,
        fitted.alpha,
        fitted.beta,
        fitted.alpha_error,
        fitted.beta_error,
        fitted.log_likelihood,
        {{ ratio('fitted.gradient_norm', 'counted.subscriptions') }} as gradient_norm,
        fitted.iterations,
        fitted.is_converged,
        case
            when coalesce(counted.subscriptions, 0) = 0 then 'nobody_subscribed'
            when counted.lost < {{ var('contract_min_lost') }} then 'too_few_lost'
            when not coalesce(fitted.is_converged, false) then 'not_converged'
            when fitted.alpha is null then 'flat_likelihood'
        end as unidentified_reason
    from subscriptions
    left join counted on subscriptions.origin_on = counted.origin_on
    left join fitted on subscriptions.origin_on = fitted.origin_on
)

select
    origin_on,
    cast(coalesce(subscriptions, 0) as bigint) as subscriptions,
    cast(coalesce(lost, 0) as bigint) as lost_subscriptions,
    window_days,
    alpha,
    beta,
    alpha_error,
    beta_error,
    log_likelihood,
    gradient_norm,
    iterations,
    is_converged,
    unidentified_reason is null as is_identified,
    unidentified_reason
from judged
