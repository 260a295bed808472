{# A ledger: for how many runs in a row the rule has held for people who are not in the audience. #}

with candidates as (
    select
        candidates.audience,
        candidates.customer_id
    from {{ ref('audience_candidates') }} as candidates
    inner join {{ ref('audience_settings') }} as settings
        on candidates.audience = settings.audience
    where settings.min_match_days is not null
),

standing as (
    select * from {{ ref('stg_state__memberships') }}
    where exited_at is null
),

earlier as (
    select * from {{ ref('stg_state__waits') }}
)

select
    candidates.audience,
    candidates.customer_id,
    coalesce(earlier.matched_days, 0) + 1 as matched_days
from candidates
left join standing
    on
        candidates.audience = standing.audience
        and candidates.customer_id = standing.customer_id
left join earlier
    on
        candidates.audience = earlier.audience
        and candidates.customer_id = earlier.customer_id
where standing.customer_id is null
