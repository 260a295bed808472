{# A row is an arm of a campaign whose markets together are other people or converters than the campaign's. #}
with markets as (
    select
        campaign_id,
        arm,
        sum(arm_assigned) as arm_assigned,
        sum(arm_people) as arm_people,
        sum(arm_converters) as arm_converters,
        sum(control_people) as control_people,
        sum(control_converters) as control_converters
    from {{ ref('rpt_campaign_lift_by_market') }}
    group by campaign_id, arm
)

select
    lift.campaign_id,
    lift.arm
from {{ ref('rpt_campaign_lift') }} as lift
left join markets
    on
        lift.campaign_id = markets.campaign_id
        and lift.arm = markets.arm
where
    markets.arm is null
    or lift.arm_assigned <> markets.arm_assigned
    or lift.arm_people <> markets.arm_people
    or lift.arm_converters <> markets.arm_converters
    or coalesce(lift.control_people, 0) <> markets.control_people
    or coalesce(lift.control_converters, 0) <> markets.control_converters
