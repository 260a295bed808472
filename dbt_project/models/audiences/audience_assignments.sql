{# A ledger: the rows of earlier days, and those of everybody who was randomised today for the first time. #}

with earlier as (
    select * from {{ ref('stg_state__assignments') }}
),

newcomers as (
    select newcomers.*
    from {{ ref('audience_newcomers') }} as newcomers
    inner join {{ ref('audience_verdicts') }} as verdicts on newcomers.audience = verdicts.audience
    where verdicts.is_decided
),

{# A person may be new to several audiences of an experiment, which give the same arm: `union` keeps one. #}
randomised as (
    select
        experiment,
        phase,
        customer_id,
        arm,
        slot
    from newcomers
    where arm is not null and coalesce(withheld_as, '') <> 'global_holdout'
    union
    select
        global_experiment as experiment,
        global_phase as phase,
        customer_id,
        global_arm as arm,
        global_slot as slot
    from newcomers
    where global_arm is not null
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
    randomised.experiment,
    randomised.phase,
    randomised.customer_id,
    randomised.arm,
    randomised.slot,
    cast({{ as_of_date() }} as timestamp) as assigned_at
from randomised
left join earlier
    on
        randomised.experiment = earlier.experiment
        and randomised.phase = earlier.phase
        and randomised.customer_id = earlier.customer_id
where earlier.customer_id is null
