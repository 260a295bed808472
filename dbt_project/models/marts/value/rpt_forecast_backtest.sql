with

errors as (
    select
        *,
        customers * products - forecast_total * actual_total as covariance,
        customers * forecast_squares - forecast_total * forecast_total as forecast_variance,
        customers * actual_squares - actual_total * actual_total as actual_variance
    from {{ ref('int_forecast_errors_summed') }}
),

simple_rules as (
    select
        measure,
        method,
        squared_errors,
        row_number() over (partition by measure order by squared_errors, method) as place
    from errors
    where method <> 'forecast'
),

buyers as (
    select
        actual_value,
        row_number() over (order by actual_value desc, customer_id asc) as place
    from {{ ref('int_forecasts_compared') }}
    where actual_value > 0
),

best as (
    select {{ exact_sum('buyers.actual_value', 15) }} as actual_total
    from buyers
    inner join errors on 100 * (buyers.place - 1) < errors.customers
    where errors.measure = 'value' and errors.method = 'forecast'
),

measured as (
    select
        errors.*,
        {{ ratio('errors.forecast_total', 'errors.actual_total') }} - 1 as bias,
        {{ ratio('errors.absolute_errors', 'errors.customers') }} as mean_absolute_error,
        sqrt({{ ratio('errors.squared_errors', 'errors.customers') }}) as root_mean_squared_error,
        case
            when
                errors.forecast_variance > 1e-12 * errors.customers * errors.forecast_squares
                and errors.actual_variance > 1e-12 * errors.customers * errors.actual_squares
                then errors.covariance / (sqrt(errors.forecast_variance) * sqrt(errors.actual_variance))
        end as correlation,
        case when errors.measure = 'value' then {{ ratio('best.actual_total', 'errors.actual_total') }} end
            as top_1_percent_share,
        case
            when errors.method <> 'forecast' then null
            when errors.actual_total = 0 then 'nothing was bought, so nothing can be said'
            when errors.forecast_total is null then 'no purchase model could be fitted'
            when simple_rules.squared_errors > errors.squared_errors then 'better than the simple rules'
            else simple_rules.method || ' is as good'
        end as verdict
    from errors
    inner join simple_rules on errors.measure = simple_rules.measure
    cross join best
    where simple_rules.place = 1
)

select
    {{ add_days(as_of_date(), '-' ~ var('forecast_backtest_days')) }} as origin_on,
    {{ as_of_date() }} as window_ends_on,
    measure,
    method,
    customers,
    forecast_total,
    actual_total,
    bias,
    mean_absolute_error,
    root_mean_squared_error,
    correlation,
    top_1_percent_share,
    verdict
    || case when top_1_percent_share >= {{ var('few_customers_share') }} then '; few customers decide it' else '' end
        as verdict
from measured
