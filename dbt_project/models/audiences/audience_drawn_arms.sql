{# The arm of every candidate of an audience with an experiment, decided once: a standing member keeps the arm of the
   entry, and with it the phase and slot, whoever is in the ledger the one written there, and only a person new to the
   experiment's phase is drawn. An address in two arms is sent nothing new: its people are withheld, in no arm. Who
   entered withheld from all marketing has none either, and is delivered once that is over. #}

with held_arms as (
    select * from {{ ref('audience_held_arms') }}
),

arms as (
    select * from {{ ref('audience_arms') }}
),

standing as (
    select
        audience,
        customer_id,
        entered_at,
        case when arm <> 'global_holdout' then arm end as arm,
        is_delivered or coalesce(arm, '') = 'global_holdout' as is_delivered
    from {{ ref('stg_state__memberships') }}
    where exited_at is null
),

put as (
    select
        held_arms.audience,
        held_arms.customer_id,
        assignments.experiment,
        assignments.phase,
        assignments.slot,
        row_number() over (
            partition by held_arms.audience, held_arms.customer_id
            order by assignments.phase desc
        ) as place
    from held_arms
    inner join standing
        on held_arms.audience = standing.audience and held_arms.customer_id = standing.customer_id
    inner join {{ ref('stg_state__assignments') }} as assignments
        on
            held_arms.experiment = assignments.experiment
            and held_arms.customer_id = assignments.customer_id
            and standing.arm = assignments.arm
            and standing.entered_at >= assignments.assigned_at
)

select
    held_arms.audience,
    held_arms.customer_id,
    case when standing.customer_id is null then held_arms.experiment else put.experiment end as experiment,
    case when standing.customer_id is null then held_arms.phase else put.phase end as phase,
    case when standing.customer_id is null then held_arms.slot else put.slot end as slot,
    case
        when standing.customer_id is not null then standing.arm
        when not held_arms.is_in_conflict then coalesce(held_arms.arm, drawn.arm)
    end as arm,
    case
        when standing.customer_id is not null then standing.is_delivered
        when held_arms.is_in_conflict then false
        when held_arms.arm is not null then coalesce(assigned.is_delivered, false)
        else coalesce(drawn.is_delivered, false)
    end as is_delivered
from held_arms
left join standing
    on
        held_arms.audience = standing.audience
        and held_arms.customer_id = standing.customer_id
left join put
    on
        held_arms.audience = put.audience
        and held_arms.customer_id = put.customer_id
        and put.place = 1
left join arms as drawn
    on
        held_arms.audience = drawn.audience
        and held_arms.slot between drawn.first_slot and drawn.last_slot
left join arms as assigned
    on
        held_arms.audience = assigned.audience
        and held_arms.arm = assigned.arm
