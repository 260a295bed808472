{# What dwell, programme steps, re-entry and the longest stay say of a candidate. Who is in the audience meets only the
   end of the stay and of the programme. #}

with rules as (
    select * from {{ ref('audience_settings') }}
    where coalesce(min_match_days, reentry_after_days, max_entries, max_stay_days, step) is not null
),

candidates as (
    select
        candidates.customer_id,
        rules.*
    from {{ ref('audience_candidates') }} as candidates
    inner join rules on candidates.audience = rules.audience
),

past as (
    select
        memberships.audience,
        memberships.customer_id,
        count(*) as entries,
        max(memberships.entered_at) as entered_at,
        max(memberships.exited_at) as exited_at,
        count(*) > count(memberships.exited_at) as is_standing
    from {{ ref('stg_state__memberships') }} as memberships
    inner join rules on memberships.audience = rules.audience
    group by memberships.audience, memberships.customer_id
),

asked as (
    select
        candidates.audience,
        candidates.customer_id,
        coalesce(past.is_standing, false) as is_standing,
        coalesce(waits.matched_days, 0) as matched_days,
        candidates.min_match_days,
        coalesce(past.entries, 0) as entries,
        candidates.max_entries,
        {{ add_days('past.exited_at', 'candidates.reentry_after_days') }} as reenters_on,
        case
            when past.is_standing then {{ add_days('past.entered_at', 'candidates.max_stay_days') }}
        end as stays_until,
        candidates.follows,
        case
            when past.entered_at is null or past.entered_at <= followed.entered_at
                then {{ add_days('followed.entered_at', 'candidates.follows_after_days') }}
        end as follows_on,
        journeys.held_step,
        case when candidates.step is not null then journeys.goal_at end as goal_at
    from candidates
    left join past
        on candidates.audience = past.audience and candidates.customer_id = past.customer_id
    left join past as followed
        on candidates.follows = followed.audience and candidates.customer_id = followed.customer_id
    left join {{ ref('audience_waits') }} as waits
        on candidates.audience = waits.audience and candidates.customer_id = waits.customer_id
    left join {{ ref('audience_journeys') }} as journeys
        on
            candidates.step is not null
            and candidates.program = journeys.program
            and candidates.customer_id = journeys.customer_id
)

select
    *,
    case
        when is_standing and goal_at is not null then 'rule'
        when is_standing and stays_until <= {{ as_of_date() }} then 'max_stay'
    end as exit_reason,
    case
        when is_standing and (goal_at is not null or stays_until <= {{ as_of_date() }}) then 'cooling_down'
        when is_standing then null
        when matched_days < min_match_days or held_step is not null then 'pending_entry'
        when
            follows is not null and (goal_at is not null or coalesce(follows_on > {{ as_of_date() }}, true))
            then 'pending_entry'
        when reenters_on > {{ as_of_date() }} or entries >= max_entries then 'cooling_down'
    end as stop
from asked
