with

windows as (
    select * from {{ ref('int_forecast_origins_listed') }}
    where is_closed
),

bins as (
    select
        *,
        predicted_rate < actual_rate_low or predicted_rate > actual_rate_high as is_off
    from {{ ref('int_churn_bins_summed') }}
),

errors as (
    select
        cast(count(*) filter (where is_off) as bigint) as bins_off,
        {{ ratio('sum(cast(customers * abs(predicted_rate - actual_rate) as decimal(38, 20)))', 'sum(customers)') }}
            as expected_calibration_error
    from bins
    where bin > 0
),

judged as (
    select
        bins.*,
        case when bins.bin = 0 and bins.customers > 0 then errors.bins_off end as bins_off,
        case when bins.bin = 0 then errors.expected_calibration_error end as expected_calibration_error,
        'predicted ' || cast(cast(100e0 * bins.predicted_rate as decimal(5, 1)) as {{ t_text() }})
        || ' %, came ' || cast(cast(100e0 * bins.actual_rate as decimal(5, 1)) as {{ t_text() }}) || ' %' as what_came
    from bins
    cross join errors
)

select
    case when judged.bin = 0 then 'all' else cast(judged.bin as {{ t_text() }}) end as bin,
    judged.bin as position,
    windows.origin_on as scored_on,
    {{ add_days('windows.origin_on', var('churn_horizon_days')) }} as window_ends_on,
    judged.score_method,
    judged.customers,
    judged.lapsed_customers,
    judged.lowest_risk,
    judged.highest_risk,
    judged.predicted_rate,
    judged.actual_rate,
    judged.actual_rate_low,
    judged.actual_rate_high,
    judged.auc,
    judged.brier_score,
    judged.base_rate_brier_score,
    judged.expected_calibration_error,
    judged.bins_off,
    case
        when judged.bin > 0 and judged.is_off then 'off: ' || judged.what_came
        when judged.bin > 0 then 'fits: ' || judged.what_came
        when judged.customers = 0 then 'nobody could be scored before the window'
        when judged.lapsed_customers in (0, judged.customers) then 'everyone did the same: ' || judged.what_came
        when judged.brier_score >= judged.base_rate_brier_score
            then 'no better than the base rate: ' || judged.what_came
        when
            judged.is_off
            and abs(judged.predicted_rate - judged.actual_rate) > {{ var('churn_calibration_tolerance') }}
            then 'drifts: ' || judged.what_came
        when
            judged.bins_off > {{ var('churn_bins_off') }}
            and judged.expected_calibration_error > {{ var('churn_calibration_tolerance') }}
            then 'right on average, off in bins: ' || judged.what_came
        else 'well calibrated: ' || judged.what_came
    end as verdict
from judged
cross join windows
