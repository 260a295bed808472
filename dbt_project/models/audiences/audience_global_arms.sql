{# Who is withheld from all marketing, decided once: what the ledger knows, and a draw for everybody else. #}

with drawn as (
    select
        traits.customer_id,
        global_holdout.experiment,
        global_holdout.phase,
        global_holdout.first_slot,
        global_holdout.last_slot,
        {{ hash_slot('global_holdout.salt', 'traits.customer_id') }} as slot
    from {{ ref('customer_traits') }} as traits
    cross join {{ ref('audience_global_holdout') }} as global_holdout
),

assignments as (
    select * from {{ ref('stg_state__assignments') }}
)

select
    drawn.customer_id,
    drawn.experiment,
    drawn.phase,
    coalesce(assignments.slot, drawn.slot) as slot,
    coalesce(
        assignments.arm,
        case when drawn.slot between drawn.first_slot and drawn.last_slot then 'holdout' else 'rest' end
    ) as arm
from drawn
left join assignments
    on
        drawn.experiment = assignments.experiment
        and drawn.phase = assignments.phase
        and drawn.customer_id = assignments.customer_id
