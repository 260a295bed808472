{# Bin 0 is everyone scored; it is there even when nobody was. #}
with

windows as (
    select * from {{ ref('int_forecast_origins_listed') }}
    where is_closed
),

risks as (
    select * from {{ ref('int_churn_risks_ranked') }}
),

binned as (
    select
        0 as bin,
        risks.*
    from windows
    left join risks on windows.origin_on = risks.origin_on
    union all
    select
        bin_number as bin,
        risks.*
    from risks
),

summed as (
    select
        bin,
        min(score_method) as score_method,
        cast(coalesce(sum(customers), 0) as bigint) as customers,
        cast(coalesce(sum(lapsed_customers), 0) as bigint) as lapsed_customers,
        min(churn_risk) as lowest_risk,
        max(churn_risk) as highest_risk,
        {{ ratio('sum(predicted_customers)', 'sum(customers)') }} as predicted_rate,
        {{ ratio('sum(lapsed_customers)', 'sum(customers)') }} as actual_rate,
        sum(doubled_right_pairs) as doubled_right_pairs,
        sum(squared_error) as squared_error
    from binned
    group by bin
)

select
    cast(bin as bigint) as bin,
    score_method,
    customers,
    lapsed_customers,
    lowest_risk,
    highest_risk,
    predicted_rate,
    actual_rate,
    {{ wilson_low('lapsed_customers', 'customers', var('interval_z')) }} as actual_rate_low,
    {{ wilson_high('lapsed_customers', 'customers', var('interval_z')) }} as actual_rate_high,
    case
        when bin = 0
            then {{ ratio('doubled_right_pairs', '2 * lapsed_customers * (customers - lapsed_customers)') }}
    end as auc,
    case when bin = 0 then {{ ratio('squared_error', 'customers') }} end as brier_score,
    case when bin = 0 then actual_rate * (1e0 - actual_rate) end as base_rate_brier_score
from summed
