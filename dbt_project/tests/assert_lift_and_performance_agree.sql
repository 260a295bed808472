{# A row is an arm whose lift is measured on other people, converters or revenue than its performance. #}
select
    lift.campaign_id,
    lift.arm
from {{ ref('rpt_campaign_lift') }} as lift
left join {{ ref('rpt_campaign_performance') }} as performance
    on
        lift.campaign_id = performance.campaign_id
        and lift.arm = performance.arm
where
    performance.arm is null
    or lift.arm_assigned <> performance.assigned
    or lift.arm_people <> performance.measured
    or lift.arm_converters <> coalesce(performance.converters, 0)
    or abs(lift.arm_revenue_per_person_amount - performance.revenue_per_person_amount) > 0.0001
