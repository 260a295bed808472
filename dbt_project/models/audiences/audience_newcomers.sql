{# Who is not in an audience and was stopped by nothing up to here: these are randomised, and what follows decides who
   of them enters. People withheld go on as if they were not, so that arms stay alike. #}

with stops as (
    select * from {{ ref('audience_stops') }}
    where stop is null
),

settings as (
    select * from {{ ref('audience_settings') }}
),

standing as (
    select * from {{ ref('stg_state__memberships') }}
    where exited_at is null
),

drawn_arms as (
    select * from {{ ref('audience_drawn_arms') }}
),

global_arms as (
    select * from {{ ref('audience_global_arms') }}
)

select
    stops.audience,
    stops.customer_id,
    stops.capacity_order,
    settings.status = 'active' and coalesce(settings.expires_on >= {{ as_of_date() }}, true) as is_open,
    global_arms.experiment as global_experiment,
    global_arms.phase as global_phase,
    global_arms.arm as global_arm,
    global_arms.slot as global_slot,
    drawn_arms.experiment,
    drawn_arms.phase,
    drawn_arms.arm,
    drawn_arms.slot,
    case
        when global_arms.arm = 'holdout' then 'global_holdout'
        when not drawn_arms.is_delivered then 'holdout'
    end as withheld_as
from stops
inner join settings on stops.audience = settings.audience
left join standing
    on stops.audience = standing.audience and stops.customer_id = standing.customer_id
left join drawn_arms
    on stops.audience = drawn_arms.audience and stops.customer_id = drawn_arms.customer_id
left join global_arms
    on settings.meets_global_holdout and stops.customer_id = global_arms.customer_id
where standing.customer_id is null
