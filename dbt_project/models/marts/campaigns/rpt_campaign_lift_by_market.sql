with

pairs as (
    select
        *,
        case when obstacle is null then arm_rate - control_rate end as absolute_lift,
        {{ normal_quantile('(1e0 - 0.5e0 * ' ~ var('significance_level') ~ ')') }} as z
    from {{ ref('int_campaign_markets_paired') }}
),

tested as (
    select
        *,
        {{ ratio('absolute_lift', 'sqrt(2e0 * pooled_rate * (1e0 - pooled_rate) / people_each)') }} as deviate,
        {{ wilson_low('arm_converters', 'arm_people', 'z') }} as arm_low,
        {{ wilson_high('arm_converters', 'arm_people', 'z') }} as arm_high,
        {{ wilson_low('control_converters', 'control_people', 'z') }} as control_low,
        {{ wilson_high('control_converters', 'control_people', 'z') }} as control_high
    from pairs
),

ranked as (
    select
        *,
        {{ two_sided_p('deviate') }} as p_value,
        absolute_lift - {{ newcombe_reach('arm_rate', 'arm_low', 'control_rate', 'control_high') }} as lift_low,
        absolute_lift + {{ newcombe_reach('arm_rate', 'arm_high', 'control_rate', 'control_low') }} as lift_high,
        count(*) over (partition by campaign_id) as comparisons,
        row_number() over (
            partition by campaign_id order by abs(deviate) desc nulls last, market asc, arm asc
        ) as evidence_rank,
        least(pooled_rate, 1e0 - pooled_rate) * least(arm_people, control_people) as smallest_expected
    from tested
),

{# Holm (1979), as between the arms of a campaign: over all its arms and markets. #}
adjusted as (
    select
        *,
        case
            when p_value is not null
                then max(least(1e0, (comparisons - evidence_rank + 1) * p_value)) over (
                    partition by campaign_id order by evidence_rank rows between unbounded preceding and current row
                )
        end as adjusted_p_value
    from ranked
)

select
    campaign_id,
    arm,
    market,
    campaign_name,
    program,
    countries,
    control_assigned,
    arm_assigned,
    control_people,
    arm_people,
    control_converters,
    arm_converters,
    control_rate,
    arm_rate,
    absolute_lift,
    lift_low,
    lift_high,
    {{ ratio('absolute_lift', 'control_rate') }} as relative_lift,
    p_value,
    adjusted_p_value,
    absolute_lift * arm_people as incremental_conversions,
    case
        when obstacle is not null then obstacle
        when coalesce(smallest_expected, 0e0) < {{ var('lift_min_expected') }} then 'too few people'
        when adjusted_p_value >= {{ var('significance_level') }} then 'not distinguishable from zero'
        when absolute_lift > 0e0 then 'better than control'
        else 'worse than control'
    end as verdict
from adjusted
