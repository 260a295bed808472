{# A row is a lifecycle stage whose last count in the report is not the number of customers now in it. #}
with

reported as (
    select lifecycle_stage, customers
    from {{ ref('rpt_stage_mix') }}
    where segment_kind = 'all' and measured_on = {{ as_of_date() }}
),

current_stages as (
    select lifecycle_stage, count(*) as customers
    from {{ ref('fct_lifecycle_stages') }}
    where exited_at is null
    group by lifecycle_stage
)

select reported.lifecycle_stage
from reported
left join current_stages on reported.lifecycle_stage = current_stages.lifecycle_stage
where reported.customers <> coalesce(current_stages.customers, 0)
