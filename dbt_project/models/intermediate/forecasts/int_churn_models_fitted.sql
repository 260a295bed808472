with

examples as (
    select * from {{ ref('int_churn_examples_pooled') }}
),

{# Drivers are told of today's customers only. #}
starts as (
    select
        fits.fit,
        {%- for coefficient in churn_coefficients().split() %}
        0e0 as start_{{ coefficient }},
        {%- endfor %}
        fits.has_all
    from (
        select
            'today' as fit,
            1 as has_all
        union all
        select
            'today' as fit,
            0 as has_all
        union all
        select
            'closed' as fit,
            1 as has_all
    ) as fits
),

{{ newton_of_churn_logit(data=ref('int_churn_examples_pooled'), fits='starts') }},

counted as (
    select
        fit,
        min(origin_on) as first_origin_on,
        max(origin_on) as last_origin_on,
        cast(sum(customers) as bigint) as customers,
        cast(sum(lapsed_customers) as bigint) as lapsed_customers,
        sum(lapsed_customers) * ln(nullif({{ ratio('sum(lapsed_customers)', 'sum(customers)') }}, 0))
        + sum(customers - lapsed_customers)
        * ln(nullif(1e0 - {{ ratio('sum(lapsed_customers)', 'sum(customers)') }}, 0)) as base_log_likelihood
    from examples
    group by fit
)

select
    fitted.fit,
    fitted.has_all = 1 as is_full,
    {%- for coefficient in churn_coefficients().split() %}
    {%- set is_fact = coefficient.replace('_coefficient', '') in (churn_facts() ~ ' intercept').split() %}
    fitted.{{ coefficient }},
    case when fitted.has_all = {{ 'fitted.has_all' if is_fact else 1 }} then fitted.{{ coefficient }}_error end
        as {{ coefficient }}_error,
    {%- endfor %}
    fitted.log_likelihood,
    {{ ratio('fitted.gradient_norm', 'counted.customers') }} as gradient_norm,
    fitted.iterations,
    fitted.is_converged,
    counted.first_origin_on,
    counted.last_origin_on,
    counted.customers,
    counted.lapsed_customers,
    case
        when coalesce(counted.customers, 0) < {{ var('churn_min_customers') }} then 'too_few_customers'
        when
            least(counted.lapsed_customers, counted.customers - counted.lapsed_customers)
            < {{ var('churn_min_events') }}
            then 'too_few_events'
        when
            not fitted.is_converged
            and fitted.log_likelihood > counted.base_log_likelihood * {{ var('churn_separated') }}
            then 'separation'
        when not fitted.is_converged then 'not_converged'
        when fitted.intercept is null then 'flat_likelihood'
    end as unidentified_reason
from fitted
left join counted on fitted.fit = counted.fit
