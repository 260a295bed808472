{% set highest_first = [
    'coefficients.c7', 'coefficients.c6', 'coefficients.c5', 'coefficients.c4',
    'coefficients.c3', 'coefficients.c2', 'coefficients.c1', 'coefficients.c0',
] %}
with

cases as (
    select * from {{ ref('int_forecast_cases_listed') }}
),

coefficients as (
    select * from {{ ref('int_series_coefficients_multiplied') }}
),

{# Only blocks with a term above 1e-17 are worth computing. #}
summed as (
    select
        cases.origin_on,
        cases.repeat_count,
        cases.age_days,
        cases.horizon_days,
        max(cases.orders_without_dropout) as orders_without_dropout,
        max(cases.closed_orders) as closed_orders,
        max(cases.series_d * cases.z) as series_scale,
        {{ exact_sum('exp(8 * coefficients.block * cases.log_z + cases.log_scale) * '
            ~ polynomial('cases.z', highest_first)) }} as series_sum,
        count(*) filter (where coefficients.is_last) = 0 as is_converged
    from cases
    left join coefficients
        on
            cases.origin_on = coefficients.origin_on
            and cases.repeat_count = coefficients.repeat_count
            and coefficients.log_size + 8 * coefficients.block * cases.log_z + cases.log_scale > -39e0
    group by cases.origin_on, cases.repeat_count, cases.age_days, cases.horizon_days
)

select
    origin_on,
    repeat_count,
    age_days,
    horizon_days,
    coalesce(
        closed_orders - series_scale * coalesce(series_sum, 0e0), orders_without_dropout
    ) as expected_orders,
    is_converged
from summed
