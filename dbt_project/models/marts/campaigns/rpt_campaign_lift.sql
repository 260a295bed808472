with

pairs as (
    select * from {{ ref('int_campaign_arms_paired') }}
),

rates as (
    select * from {{ ref('int_campaign_rates_compared') }}
),

revenues as (
    select * from {{ ref('int_campaign_revenues_compared') }}
),

verdicts as (
    select * from {{ ref('int_campaign_verdicts_reached') }}
),

attributions as (
    select * from {{ ref('int_campaign_attributions_summed') }}
)

select
    pairs.campaign_id,
    pairs.arm,
    pairs.campaign_name,
    pairs.program,
    pairs.arms,
    pairs.control_assigned,
    pairs.arm_assigned,
    pairs.reassigned,
    pairs.arm_conflicts,
    pairs.plan_source,
    pairs.srm_p_value,
    pairs.readable_on,
    pairs.control_measured as control_people,
    pairs.arm_measured as arm_people,
    rates.people_needed,
    rates.has_enough_people,
    pairs.control_converters,
    pairs.arm_converters,
    rates.control_rate,
    rates.arm_rate,
    rates.absolute_lift,
    rates.lift_low,
    rates.lift_high,
    rates.relative_lift,
    rates.p_value,
    rates.adjusted_p_value,
    cast(revenues.control_mean as decimal(18, 4)) as control_revenue_per_person_amount,
    cast(revenues.arm_mean as decimal(18, 4)) as arm_revenue_per_person_amount,
    cast(revenues.difference as decimal(18, 4)) as revenue_difference_amount,
    cast(revenues.difference_low as decimal(18, 4)) as revenue_difference_low_amount,
    cast(revenues.difference_high as decimal(18, 4)) as revenue_difference_high_amount,
    revenues.p_value as revenue_p_value,
    cast(revenues.adjusted_difference as decimal(18, 4)) as cuped_difference_amount,
    cast(revenues.adjusted_low as decimal(18, 4)) as cuped_difference_low_amount,
    cast(revenues.adjusted_high as decimal(18, 4)) as cuped_difference_high_amount,
    revenues.adjusted_p_value as cuped_p_value,
    revenues.variance_reduction as cuped_variance_reduction,
    rates.absolute_lift * pairs.arm_measured as incremental_conversions,
    rates.lift_low * pairs.arm_measured as incremental_conversions_low,
    rates.lift_high * pairs.arm_measured as incremental_conversions_high,
    cast(revenues.difference * pairs.arm_measured as decimal(18, 4)) as incremental_revenue_amount,
    cast(revenues.difference_low * pairs.arm_measured as decimal(18, 4)) as incremental_revenue_low_amount,
    cast(revenues.difference_high * pairs.arm_measured as decimal(18, 4)) as incremental_revenue_high_amount,
    coalesce(attributions.measured_conversions, 0) as attributed_conversions,
    coalesce(attributions.measured_revenue_amount, 0) as attributed_revenue_amount,
    verdicts.verdict,
    verdicts.verdict_reason
from pairs
inner join verdicts on pairs.campaign_id = verdicts.campaign_id and pairs.arm = verdicts.arm
left join rates on pairs.campaign_id = rates.campaign_id and pairs.arm = rates.arm
left join revenues on pairs.campaign_id = revenues.campaign_id and pairs.arm = revenues.arm
left join attributions on pairs.campaign_id = attributions.campaign_id and pairs.arm = attributions.arm
