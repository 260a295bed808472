with

origins as (
    select * from {{ ref('int_forecast_origins_listed') }}
    where is_today or is_backtest
),

histories as (
    select
        origin_on,
        count(*) as customers,
        max(age_days) as window_days
    from {{ ref('int_purchase_histories_summed') }}
    where mean_repeat_amount > 0
    group by origin_on
),

{# A mean of all amounts near the customers' own: v is on the scale of money, p and q are pure numbers. #}
starts as (
    select
        origin_on,
        2e0 as start_p,
        3e0 as start_q,
        sum(customers * mean_amount) / sum(customers) as start_v
    from {{ ref('int_spend_evidence_gathered') }}
    group by origin_on
),

{{ newton_of_spend_models(data=ref('int_spend_evidence_gathered'), fits='starts') }},

judged as (
    select
        origins.origin_on,
        coalesce(histories.customers, 0) as customers,
        histories.window_days,
        fitted.p,
        fitted.q,
        fitted.v,
        fitted.p_error,
        fitted.q_error,
        fitted.v_error,
        fitted.log_likelihood,
        {{ ratio('fitted.gradient_norm', 'histories.customers') }} as gradient_norm,
        fitted.iterations,
        fitted.is_converged,
        case
            when coalesce(histories.customers, 0) < {{ var('purchase_min_repeat_buyers') }} then 'too_few_repeat_buyers'
            when not fitted.is_converged then 'not_converged'
            when fitted.p is null then 'flat_likelihood'
            when fitted.q <= 1 then 'no_finite_mean'
        end as unidentified_reason
    from origins
    left join histories on origins.origin_on = histories.origin_on
    left join fitted on origins.origin_on = fitted.origin_on
)

select
    origin_on,
    cast(customers as bigint) as customers,
    window_days,
    p,
    q,
    v,
    p_error,
    q_error,
    v_error,
    log_likelihood,
    gradient_norm,
    iterations,
    is_converged,
    unidentified_reason is null as is_identified,
    unidentified_reason
from judged
