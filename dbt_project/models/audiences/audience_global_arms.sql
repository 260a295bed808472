{# Who is withheld from all marketing, decided once: what the ledger knows, and a draw for everybody else, by the first
   of the customers with the same address. Whoever has the address of somebody withheld is withheld. #}

with drawn as (
    select
        traits.customer_id,
        global_holdout.experiment,
        global_holdout.phase,
        global_holdout.salt,
        global_holdout.first_slot,
        global_holdout.last_slot
    from {{ ref('customer_traits') }} as traits
    cross join {{ ref('audience_global_holdout') }} as global_holdout
),

assignments as (
    select * from {{ ref('stg_state__assignments') }}
),

shared as (
    select
        drawn.customer_id,
        min(addresses.sharing_customer_id) as first_customer_id,
        min(assignments.slot) as slot,
        min(assignments.arm) as arm,
        min(case when assignments.arm = 'holdout' then assignments.slot end) as withheld_slot
    from drawn
    inner join {{ ref('audience_shared_addresses') }} as addresses on drawn.customer_id = addresses.customer_id
    left join assignments
        on
            drawn.experiment = assignments.experiment
            and drawn.phase = assignments.phase
            and addresses.sharing_customer_id = assignments.customer_id
    group by drawn.customer_id
),

placed as (
    select
        drawn.*,
        case when shared.withheld_slot is null then coalesce(assignments.arm, shared.arm) else 'holdout' end as arm,
        coalesce(
            shared.withheld_slot,
            assignments.slot,
            shared.slot,
            {{ hash_slot('drawn.salt', 'coalesce(shared.first_customer_id, drawn.customer_id)') }}
        ) as slot
    from drawn
    left join shared on drawn.customer_id = shared.customer_id
    left join assignments
        on
            drawn.experiment = assignments.experiment
            and drawn.phase = assignments.phase
            and drawn.customer_id = assignments.customer_id
)

select
    customer_id,
    experiment,
    phase,
    slot,
    coalesce(arm, case when slot between first_slot and last_slot then 'holdout' else 'rest' end) as arm
from placed
