with

spread as (
    select
        *,
        variance / people as squared_error
    from {{ ref('int_campaign_revenues_spread') }}
),

differences as (
    select
        arms.campaign_id,
        arms.arm,
        arms.kind,
        arms.mean_amount as arm_mean,
        controls.mean_amount as control_mean,
        arms.mean_amount - controls.mean_amount as difference,
        sqrt(arms.squared_error + controls.squared_error) as standard_error,
        {{ ratio(
            'power(arms.squared_error + controls.squared_error, 2)',
            'arms.squared_error * arms.squared_error / (arms.people - 1e0)'
                ~ ' + controls.squared_error * controls.squared_error / (controls.people - 1e0)'
        ) }} as degrees_of_freedom
    from spread as arms
    inner join spread as controls
        on
            arms.campaign_id = controls.campaign_id
            and arms.arm = controls.arm
            and arms.kind = controls.kind
            and controls.side = 'control'
    where arms.side = 'arm'
),

{# Below 5 degrees of freedom nothing is said. #}
scaled as (
    select
        *,
        {{ ratio('difference', 'standard_error') }} as statistic,
        case when degrees_of_freedom >= 5e0 then degrees_of_freedom end as freedom,
        {{ normal_quantile('(1e0 - 0.5e0 * ' ~ var('significance_level') ~ ')') }} as z
    from differences
),

tested as (
    select
        *,
        {{ student_t_deviate('statistic', 'freedom') }} as deviate,
        {{ student_t_statistic('z', 'freedom') }} * standard_error as reach
    from scaled
)

select
    plain.campaign_id,
    plain.arm,
    plain.arm_mean,
    plain.control_mean,
    plain.difference,
    plain.difference - plain.reach as difference_low,
    plain.difference + plain.reach as difference_high,
    {{ two_sided_p('plain.deviate') }} as p_value,
    adjusted.difference as adjusted_difference,
    adjusted.difference - adjusted.reach as adjusted_low,
    adjusted.difference + adjusted.reach as adjusted_high,
    {{ two_sided_p('adjusted.deviate') }} as adjusted_p_value,
    1e0 - power({{ ratio('adjusted.standard_error', 'plain.standard_error') }}, 2) as variance_reduction
from tested as plain
left join tested as adjusted
    on
        plain.campaign_id = adjusted.campaign_id
        and plain.arm = adjusted.arm
        and adjusted.kind = 'adjusted'
where plain.kind = 'plain'
