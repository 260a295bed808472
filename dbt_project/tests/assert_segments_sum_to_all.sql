{# A row is a period in which the values of a segment kind do not add up to everyone. #}
with

figures as (
    select 'growth ' || period_kind as report, period_start, segment_kind, sum(active_customers) as customers
    from {{ ref('rpt_growth_accounting') }}
    group by 1, 2, 3
    union all
    select 'stages ' || lifecycle_stage as report, period_start, segment_kind, sum(customers) as customers
    from {{ ref('rpt_stage_mix') }}
    group by 1, 2, 3
    union all
    select 'churn ' || period_kind as report, period_start, segment_kind, sum(customers_at_start + lost_customers_at_start) as customers
    from {{ ref('rpt_churn_rate') }}
    group by 1, 2, 3
    union all
    select 'churned ' || period_kind as report, period_start, segment_kind, sum(churned_customers) as customers
    from {{ ref('rpt_churn_rate') }}
    group by 1, 2, 3
    union all
    select 'moves ' || from_stage || ' ' || to_stage as report, period_start, segment_kind, sum(transitions) as customers
    from {{ ref('rpt_stage_transitions') }}
    group by 1, 2, 3
    union all
    select 'days ' || cohort_kind || ' ' || retention_kind || ' ' || day_from, cohort_start, segment_kind, sum(retained_customers)
    from {{ ref('rpt_day_retention') }}
    group by 1, 2, 3
    union all
    select 'nps' as report, period_start, segment_kind, sum(responses) as customers
    from {{ ref('rpt_nps') }}
    group by 1, 2, 3
    union all
    select 'all nps answers' as report, period_start, segment_kind, sum(responses) as customers
    from {{ ref('rpt_nps_all_answers') }}
    group by 1, 2, 3
    union all
    select 'cohort ' || cohort_kind as report, cohort_start as period_start, segment_kind, sum(cohort_size) as customers
    from {{ ref('rpt_cohort_retention') }}
    where period_number = 0
    group by 1, 2, 3
)

select report, period_start
from figures
group by report, period_start
having min(customers) <> max(customers)
