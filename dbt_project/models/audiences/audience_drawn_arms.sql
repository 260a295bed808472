{# The arm of every candidate of an audience with an experiment, decided once: a standing member keeps the arm of the
   entry, an assigned person the one of the ledger, and only a person new to the experiment's phase is drawn. #}

with candidates as (
    select
        candidates.audience,
        candidates.customer_id,
        settings.experiment,
        settings.phase,
        {{ hash_slot('settings.salt', 'candidates.customer_id') }} as slot
    from {{ ref('audience_candidates') }} as candidates
    inner join {{ ref('audience_settings') }} as settings
        on candidates.audience = settings.audience
    where settings.experiment is not null
),

arms as (
    select * from {{ ref('audience_arms') }}
),

assignments as (
    select * from {{ ref('stg_state__assignments') }}
),

standing as (
    select * from {{ ref('stg_state__memberships') }}
    where exited_at is null
),

known as (
    select
        candidates.audience,
        candidates.customer_id,
        candidates.experiment,
        candidates.phase,
        standing.customer_id is not null as is_standing,
        standing.is_delivered as is_standing_delivered,
        standing.arm as standing_arm,
        assignments.arm as assigned_arm,
        coalesce(assignments.slot, candidates.slot) as slot
    from candidates
    left join assignments
        on
            candidates.experiment = assignments.experiment
            and candidates.phase = assignments.phase
            and candidates.customer_id = assignments.customer_id
    left join standing
        on
            candidates.audience = standing.audience
            and candidates.customer_id = standing.customer_id
)

select
    known.audience,
    known.customer_id,
    known.experiment,
    known.phase,
    known.slot,
    case when known.is_standing then known.standing_arm else coalesce(known.assigned_arm, drawn.arm) end as arm,
    case
        when known.is_standing then known.is_standing_delivered
        when known.assigned_arm is not null then coalesce(assigned.is_delivered, false)
        else coalesce(drawn.is_delivered, false)
    end as is_delivered
from known
left join arms as drawn
    on
        known.audience = drawn.audience
        and known.slot between drawn.first_slot and drawn.last_slot
left join arms as assigned
    on
        known.audience = assigned.audience
        and known.assigned_arm = assigned.arm
