with

raw_assignments as (
    select * from {{ ref('stg_shop__campaign_assignments') }}
),

own_assignments as (
    select * from {{ ref('stg_state__assignments') }}
),

audience_arms as (
    select
        audience_settings.experiment,
        audience_arms.arm,
        audience_arms.is_delivered
    from {{ ref('audience_arms') }} as audience_arms
    inner join {{ ref('audience_settings') }} as audience_settings
        on audience_arms.audience = audience_settings.audience
),

{# Whether an arm was delivered is what the ledger says; what it does not say, the definition of today does. What a day
   decides goes out the morning after; what happened on the day itself was before. #}
assignments as (
    select
        campaign_id,
        customer_id,
        arm,
        is_control,
        assigned_at as starts_at
    from raw_assignments
    union all
    select
        own_assignments.experiment || ':' || cast(own_assignments.phase as {{ t_text() }}) as campaign_id,
        own_assignments.customer_id,
        own_assignments.arm,
        coalesce(
            not own_assignments.is_delivered,
            not audience_arms.is_delivered,
            own_assignments.arm in ('control', 'holdout')
        ) as is_control,
        cast({{ add_days('own_assignments.assigned_at', 1) }} as timestamp) as starts_at
    from own_assignments
    left join audience_arms
        on
            own_assignments.experiment = audience_arms.experiment
            and own_assignments.arm = audience_arms.arm
),

ranked as (
    select
        *,
        row_number() over (partition by campaign_id, customer_id order by starts_at, arm) as assignment_rank
    from assignments
),

recipients as (
    select
        campaign_id,
        customer_id,
        min(sent_at) as starts_at
    from {{ ref('int_messages_summed') }}
    where campaign_id is not null
    group by campaign_id, customer_id
)

select
    coalesce(ranked.campaign_id, recipients.campaign_id) as campaign_id,
    coalesce(ranked.customer_id, recipients.customer_id) as customer_id,
    coalesce(ranked.arm, '(none)') as arm,
    coalesce(ranked.is_control, false) as is_control,
    ranked.campaign_id is not null as is_assigned,
    coalesce(ranked.starts_at, recipients.starts_at) as starts_at
from (
    select * from ranked
    where assignment_rank = 1
) as ranked
full outer join recipients
    on
        ranked.campaign_id = recipients.campaign_id
        and ranked.customer_id = recipients.customer_id
