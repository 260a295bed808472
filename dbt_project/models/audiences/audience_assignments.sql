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

proposed as (
    select
        audience,
        experiment,
        phase,
        customer_id,
        arm,
        slot,
        withheld_as is null as is_delivered
    from newcomers
    where arm is not null and coalesce(withheld_as, '') <> 'global_holdout'
    union all
    select
        audience,
        global_experiment as experiment,
        global_phase as phase,
        customer_id,
        global_arm as arm,
        global_slot as slot,
        global_arm <> 'holdout' as is_delivered
    from newcomers
    where global_arm is not null
),

{# A person may be new to several audiences of an experiment, which propose the same arm. #}
randomised as (
    select
        *,
        row_number() over (partition by experiment, phase, customer_id order by audience) as place
    from proposed
)

select
    experiment,
    phase,
    customer_id,
    arm,
    slot,
    is_delivered,
    assigned_at
from earlier

union all

select
    randomised.experiment,
    randomised.phase,
    randomised.customer_id,
    randomised.arm,
    randomised.slot,
    randomised.is_delivered,
    cast({{ as_of_date() }} as timestamp) as assigned_at
from randomised
left join earlier
    on
        randomised.experiment = earlier.experiment
        and randomised.phase = earlier.phase
        and randomised.customer_id = earlier.customer_id
where randomised.place = 1 and earlier.customer_id is null
