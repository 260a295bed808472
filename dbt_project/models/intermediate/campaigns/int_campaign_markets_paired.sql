with

markets as (
    select * from {{ ref('int_campaign_markets_summed') }}
),

pairs as (
    select * from {{ ref('int_campaign_arms_paired') }}
),

controls as (
    select
        campaign_id,
        market,
        cast(sum(assigned) as bigint) as assigned,
        cast(sum(measured) as bigint) as measured,
        cast(sum(converters) as bigint) as converters
    from markets
    where is_control
    group by campaign_id, market
),

places as (
    select distinct
        campaign_id,
        market
    from markets
),

{# Also where a market has people in the control alone, so that markets add up. #}
paired as (
    select
        pairs.campaign_id,
        pairs.arm,
        places.market,
        pairs.campaign_name,
        pairs.program,
        pairs.obstacle,
        coalesce(arms.countries, 0) as countries,
        coalesce(controls.assigned, 0) as control_assigned,
        coalesce(arms.assigned, 0) as arm_assigned,
        coalesce(controls.measured, 0) as control_people,
        coalesce(arms.measured, 0) as arm_people,
        coalesce(controls.converters, 0) as control_converters,
        coalesce(arms.converters, 0) as arm_converters
    from pairs
    inner join places on pairs.campaign_id = places.campaign_id
    left join markets as arms
        on pairs.campaign_id = arms.campaign_id and pairs.arm = arms.arm and places.market = arms.market
    left join controls on places.campaign_id = controls.campaign_id and places.market = controls.market
)

select
    *,
    {{ ratio('control_converters', 'control_people') }} as control_rate,
    {{ ratio('arm_converters', 'arm_people') }} as arm_rate,
    case
        when least(arm_people, control_people) > 0
            then {{ ratio('arm_converters + control_converters', 'arm_people + control_people') }}
    end as pooled_rate,
    {{ ratio('2', '1e0 / nullif(arm_people, 0) + 1e0 / nullif(control_people, 0)') }} as people_each
from paired
