{%- set sums = {
    'assigned': 'bigint', 'measured': 'bigint', 'converters': 'bigint', 'revenue_sum': 'decimal(38, 4)',
    'revenue_squares': 'decimal(38, 8)', 'before_sum': 'decimal(38, 4)', 'before_squares': 'decimal(38, 8)',
    'revenue_before_products': 'decimal(38, 8)',
} %}
with

arms as (
    select * from {{ ref('int_campaign_arms_summed') }}
),

splits as (
    select * from {{ ref('int_campaign_splits_checked') }}
),

campaigns as (
    select * from {{ ref('int_campaigns_listed') }}
),

controls as (
    select
        campaign_id,
        {% for column, type in sums.items() %}
        cast(sum({{ column }}) as {{ type }}) as {{ column }},
        {% endfor %}
        min(first_assigned_on) as first_assigned_on
    from arms
    where is_control
    group by campaign_id
),

paired as (
    select
        arms.campaign_id,
        arms.arm,
        coalesce(campaigns.name, arms.campaign_id) as campaign_name,
        coalesce(campaigns.program, 'other') as program,
        cast(count(*) over (partition by arms.campaign_id) as bigint) as arms,
        splits.plan_source,
        splits.reassigned,
        splits.arm_conflicts,
        splits.srm_p_value,
        controls.campaign_id is not null as has_control,
        {% for column in sums %}
        arms.{{ column }} as arm_{{ column }},
        controls.{{ column }} as control_{{ column }},
        {% endfor %}
        {{ add_days(
            'greatest(arms.first_assigned_on, coalesce(controls.first_assigned_on, arms.first_assigned_on))',
            'greatest(coalesce(campaigns.goal_window_days, ' ~ var('campaign_goal_window_days') ~ '), '
                ~ var('lift_min_runtime_days') ~ ')'
        ) }} as readable_on
    from arms
    left join controls on arms.campaign_id = controls.campaign_id
    left join splits on arms.campaign_id = splits.campaign_id
    left join campaigns on arms.campaign_id = campaigns.campaign_id
    where not arms.is_control
)

select
    *,
    case
        when not has_control then 'no control group'
        when srm_p_value < {{ var('srm_significance') }} then 'withheld'
        when readable_on > {{ as_of_date() }} then 'too early'
    end as obstacle
from paired
