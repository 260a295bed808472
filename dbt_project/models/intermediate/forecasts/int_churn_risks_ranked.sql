{# Customers with the same risk are one group: they share a bin, and half of their pairs count as ranked rightly. #}
with

scored as (
    select * from {{ ref('int_churn_risks_scored') }}
    where fit = 'closed' and churn_risk is not null
),

grouped as (
    select
        origin_on,
        churn_risk,
        min(score_method) as score_method,
        cast(sum(customers) as bigint) as customers,
        cast(sum(lapsed_customers) as bigint) as lapsed_customers
    from scored
    group by origin_on, churn_risk
),

cumulated as (
    select
        grouped.*,
        sum(customers) over lower_risks - customers as customers_below,
        sum(customers - lapsed_customers) over lower_risks - (customers - lapsed_customers) as kept_below,
        sum(customers) over () as all_customers
    from grouped
    window lower_risks as (order by churn_risk rows between unbounded preceding and current row)
)

select
    origin_on,
    score_method,
    churn_risk,
    cast(
        1 + floor(
            {{ var('churn_calibration_bins') }} * {{ ratio('2 * customers_below + customers', '2 * all_customers') }}
        ) as bigint
    ) as bin_number,
    customers,
    lapsed_customers,
    cast(lapsed_customers * (2 * kept_below + customers - lapsed_customers) as bigint) as doubled_right_pairs,
    cast(customers * churn_risk as decimal(38, 20)) as predicted_customers,
    cast(
        lapsed_customers * (1e0 - churn_risk) * (1e0 - churn_risk)
        + (customers - lapsed_customers) * churn_risk * churn_risk as decimal(38, 20)
    ) as squared_error
from cumulated
