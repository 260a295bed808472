with

arms as (
    select
        *,
        sum(assigned) over (partition by campaign_id) as people
    from {{ ref('int_campaign_arms_planned') }}
),

expected as (
    select
        *,
        planned_share * cast(people as {{ t_double() }}) as expected
    from arms
),

reassignments as (
    select * from {{ ref('int_campaign_reassignments_counted') }}
),

conflicts as (
    select
        campaign_id,
        count(*) as arm_conflicts
    from {{ ref('int_campaign_conflicts_found') }}
    group by campaign_id
),

{# Pearson's chi-square: of each arm, how far the people are from the expected ones. #}
tested as (
    select
        campaign_id,
        max(plan_source) as plan_source,
        count(*) - 1 as degrees_of_freedom,
        min(expected) as smallest_expected,
        max(case when planned_share = 0 then 1 else 0 end) as has_unplanned_arm,
        cast(sum(cast(
            {{ ratio('(assigned - expected) * (assigned - expected)', 'expected') }} as decimal(38, 12)
        )) as {{ t_double() }}) as chi_square
    from expected
    group by campaign_id
)

select
    tested.campaign_id,
    tested.plan_source,
    cast(coalesce(reassignments.reassigned, 0) as bigint) as reassigned,
    cast(coalesce(conflicts.arm_conflicts, 0) as bigint) as arm_conflicts,
    tested.chi_square,
    case
        when tested.has_unplanned_arm = 1 then 0e0
        when tested.smallest_expected >= {{ var('srm_min_expected') }}
            then {{ chi_square_tail('tested.chi_square', 'tested.degrees_of_freedom') }}
    end as srm_p_value
from tested
left join reassignments on tested.campaign_id = reassignments.campaign_id
left join conflicts on tested.campaign_id = conflicts.campaign_id
