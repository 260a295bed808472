{# A row means that the bins of the churn calibration do not hold everyone who was scored before the window, once. #}
with

summed as (
    select
        sum(case when bin = 'all' then customers else 0 end) as all_customers,
        sum(case when bin = 'all' then 0 else customers end) as binned_customers,
        sum(case when bin = 'all' then lapsed_customers else -lapsed_customers end) as lapsed_difference
    from {{ ref('rpt_churn_calibration') }}
),

scored as (
    select sum(case when churn_risk is null then 0 else customers end) as scored_customers
    from {{ ref('int_churn_risks_scored') }}
    where fit = 'closed'
)

select summed.*
from summed
cross join scored
where
    summed.all_customers <> summed.binned_customers
    or summed.all_customers <> coalesce(scored.scored_customers, 0)
    or summed.lapsed_difference <> 0
