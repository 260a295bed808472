with

arms as (
    select * from {{ ref('int_campaign_arms_summed') }}
),

stated as (
    select * from {{ ref('int_campaign_plans_stated') }}
),

assumed as (
    select * from {{ ref('int_campaign_plans_assumed') }}
),

campaigns as (
    select distinct campaign_id from arms
),

{# Of a stated plan also the arms nobody was assigned to; and with no weight those it does not name. #}
weighed as (
    select
        coalesce(arms.campaign_id, planned.campaign_id) as campaign_id,
        coalesce(arms.arm, planned.arm) as arm,
        arms.is_control,
        coalesce(arms.assigned, 0) as assigned,
        coalesce(planned.weight, 0) as weight
    from arms
    full outer join (
        select stated.* from stated
        inner join campaigns on stated.campaign_id = campaigns.campaign_id
    ) as planned
        on
            arms.campaign_id = planned.campaign_id
            and arms.arm = planned.arm
),

shared as (
    select
        *,
        {{ ratio('weight', 'sum(weight) over (partition by campaign_id)') }} as stated_share
    from weighed
)

select
    shared.campaign_id,
    shared.arm,
    shared.assigned,
    case
        when shared.stated_share is not null then 'stated'
        when assumed.campaign_id is not null then 'assumed'
        else 'none'
    end as plan_source,
    coalesce(
        shared.stated_share,
        case when shared.is_control then assumed.control_arm_share else assumed.other_arm_share end
    ) as planned_share
from shared
left join assumed on shared.campaign_id = assumed.campaign_id
