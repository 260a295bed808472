{# A ledger: the rows of earlier days, and those of today's newcomers to an experiment's phase. #}

with earlier as (
    select * from {{ ref('stg_state__assignments') }}
),

dispositions as (
    select * from {{ ref('audience_dispositions') }}
    where arm is not null
),

verdicts as (
    select * from {{ ref('audience_verdicts') }}
    where is_decided
),

standing as (
    select * from {{ ref('stg_state__memberships') }}
    where exited_at is null
),

decided_today as (
    select
        dispositions.experiment,
        dispositions.phase,
        dispositions.customer_id,
        dispositions.arm,
        dispositions.slot
    from dispositions
    inner join verdicts on dispositions.audience = verdicts.audience
    left join standing
        on
            dispositions.audience = standing.audience
            and dispositions.customer_id = standing.customer_id
    left join earlier
        on
            dispositions.experiment = earlier.experiment
            and dispositions.phase = earlier.phase
            and dispositions.customer_id = earlier.customer_id
    where standing.customer_id is null and earlier.customer_id is null
)

select
    experiment,
    phase,
    customer_id,
    arm,
    slot,
    assigned_at
from earlier

union all

select
    experiment,
    phase,
    customer_id,
    arm,
    slot,
    cast({{ as_of_date() }} as timestamp) as assigned_at
from decided_today
