{# Where an arm comes from: the ledger, also that of another customer with the same address, so that one mailbox is
   never in two arms; else the slot of the first of those customers. #}

with candidates as (
    select
        candidates.audience,
        candidates.customer_id,
        settings.experiment,
        settings.phase,
        settings.salt
    from {{ ref('audience_candidates') }} as candidates
    inner join {{ ref('audience_settings') }} as settings
        on candidates.audience = settings.audience
    where settings.experiment is not null
),

assignments as (
    select * from {{ ref('stg_state__assignments') }}
),

{# Once for all audiences of an experiment, which may contact people in different ways. #}
shared as (
    select
        candidates.experiment,
        candidates.phase,
        candidates.customer_id,
        min(addresses.sharing_customer_id) as first_customer_id,
        min(assignments.arm) as arm,
        max(assignments.arm) as other_arm,
        min(assignments.slot) as slot
    from candidates
    inner join {{ ref('audience_shared_addresses') }} as addresses
        on candidates.audience = addresses.audience and candidates.customer_id = addresses.customer_id
    left join assignments
        on
            candidates.experiment = assignments.experiment
            and candidates.phase = assignments.phase
            and addresses.sharing_customer_id = assignments.customer_id
    group by candidates.experiment, candidates.phase, candidates.customer_id
)

select
    candidates.audience,
    candidates.customer_id,
    candidates.experiment,
    candidates.phase,
    coalesce(assignments.arm, shared.arm) as arm,
    coalesce(
        assignments.slot,
        shared.slot,
        {{ hash_slot('candidates.salt', 'coalesce(shared.first_customer_id, candidates.customer_id)') }}
    ) as slot,
    coalesce(shared.arm <> shared.other_arm, false) as is_in_conflict
from candidates
left join assignments
    on
        candidates.experiment = assignments.experiment
        and candidates.phase = assignments.phase
        and candidates.customer_id = assignments.customer_id
left join shared
    on
        candidates.experiment = shared.experiment
        and candidates.phase = shared.phase
        and candidates.customer_id = shared.customer_id
