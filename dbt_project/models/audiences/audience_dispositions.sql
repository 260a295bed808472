{# Every customer that matches an audience ends in exactly one disposition: the gate that stops the candidate before
   anyone is randomised, what becomes of a newcomer after that, and for a member what the membership says. #}

with stops as (
    select * from {{ ref('audience_stops') }}
),

settings as (
    select * from {{ ref('audience_settings') }}
),

arms as (
    select * from {{ ref('audience_drawn_arms') }}
),

entrants as (
    select * from {{ ref('audience_entrants') }}
),

withheld as (
    select * from {{ ref('stg_state__memberships') }}
    where exited_at is null and not is_delivered
),

disposed as (
    select
        stops.audience,
        stops.customer_id,
        stops.contact_channel,
        stops.exit_reason,
        arms.experiment,
        arms.phase,
        arms.arm,
        arms.slot,
        coalesce(entrants.is_entering, false) as is_entering,
        case
            when stops.stop is not null then stops.stop
            when entrants.disposition is not null then entrants.disposition
            when withheld.customer_id is null then 'eligible'
            when coalesce(withheld.arm, '') <> 'global_holdout'
                then case when settings.experiment is not null then 'holdout' else 'eligible' end
            when settings.meets_global_holdout then 'global_holdout'
            else 'eligible'
        end as disposition
    from stops
    inner join settings on stops.audience = settings.audience
    left join entrants
        on stops.audience = entrants.audience and stops.customer_id = entrants.customer_id
    left join withheld
        on stops.audience = withheld.audience and stops.customer_id = withheld.customer_id
    left join arms
        on stops.audience = arms.audience and stops.customer_id = arms.customer_id
)

{%- set randomised = "disposition in ('holdout', 'lower_priority', 'over_capacity', 'frequency_capped', 'eligible')" %}

select
    audience,
    customer_id,
    disposition,
    case when {{ randomised }} or disposition = 'global_holdout' then contact_channel end as contact_channel,
    case when {{ randomised }} then experiment end as experiment,
    case when {{ randomised }} then phase end as phase,
    case when {{ randomised }} then arm end as arm,
    case when {{ randomised }} then slot end as slot,
    is_entering,
    exit_reason
from disposed
