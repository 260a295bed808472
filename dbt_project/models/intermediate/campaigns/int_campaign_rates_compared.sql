with

{# The normal quantiles of the interval's level and of the power. #}
levels as (
    select
        {{ normal_quantile('(1e0 - 0.5e0 * ' ~ var('significance_level') ~ ')') }} as z,
        {{ normal_quantile(var('lift_power')) }} as z_power
),

pairs as (
    select
        pairs.*,
        levels.z,
        levels.z_power,
        {{ ratio('arm_converters', 'arm_measured') }} as arm_rate,
        {{ ratio('control_converters', 'control_measured') }} as control_rate,
        {{ ratio('arm_converters + control_converters', 'arm_measured + control_measured') }} as pooled_rate,
        {{ ratio('2', '1e0 / nullif(arm_measured, 0) + 1e0 / nullif(control_measured, 0)') }} as people_each
    from {{ ref('int_campaign_arms_paired') }} as pairs
    cross join levels
),

{# The deviate of the pooled two-proportion test; the people are those of Fleiss, Levin & Paik (2003, 4.14). #}
tested as (
    select
        *,
        control_rate * (1e0 + {{ var('lift_relevant') }}) as lifted_rate,
        case when obstacle is null then arm_rate - control_rate end as absolute_lift,
        sqrt(2e0 * pooled_rate * (1e0 - pooled_rate) / people_each) as standard_error,
        {{ wilson_low('arm_converters', 'arm_measured', 'z') }} as arm_low,
        {{ wilson_high('arm_converters', 'arm_measured', 'z') }} as arm_high,
        {{ wilson_low('control_converters', 'control_measured', 'z') }} as control_low,
        {{ wilson_high('control_converters', 'control_measured', 'z') }} as control_high
    from pairs
),

ranked as (
    select
        *,
        {{ two_sided_p(ratio('absolute_lift', 'standard_error')) }} as p_value,
        row_number() over (
            partition by campaign_id
            order by abs({{ ratio('absolute_lift', 'standard_error') }}) desc nulls last, arm asc
        ) as evidence_rank,
        case
            when lifted_rate < 1e0
                then ceil(power(
                    z * sqrt(0.5e0 * (control_rate + lifted_rate) * (2e0 - control_rate - lifted_rate))
                    + z_power * sqrt(control_rate * (1e0 - control_rate) + lifted_rate * (1e0 - lifted_rate)), 2
                ) / nullif(power(lifted_rate - control_rate, 2), 0e0))
        end as people_needed
    from tested
)

{# Holm (1979): the smallest p-value times the number of arms, the next times one less, none below the one before. #}
select
    campaign_id,
    arm,
    arm_rate,
    control_rate,
    absolute_lift,
    absolute_lift - {{ newcombe_reach('arm_rate', 'arm_low', 'control_rate', 'control_high') }} as lift_low,
    absolute_lift + {{ newcombe_reach('arm_rate', 'arm_high', 'control_rate', 'control_low') }} as lift_high,
    {{ ratio('absolute_lift', 'control_rate') }} as relative_lift,
    p_value,
    case
        when p_value is not null
            then max(least(1e0, (arms - evidence_rank + 1) * p_value)) over (
                partition by campaign_id order by evidence_rank rows between unbounded preceding and current row
            )
    end as adjusted_p_value,
    least(pooled_rate, 1e0 - pooled_rate) * least(arm_measured, control_measured) as smallest_expected,
    cast(people_needed as bigint) as people_needed,
    coalesce(people_each >= people_needed, false) as has_enough_people
from ranked
