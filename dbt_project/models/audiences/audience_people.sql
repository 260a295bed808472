{# Whose contact is looked at: candidates, and members who are none, whom a held or paused audience keeps. #}

with candidates as (
    select * from {{ ref('audience_candidates') }}
),

standing as (
    select * from {{ ref('stg_state__memberships') }}
    where exited_at is null
)

select
    audience,
    customer_id
from candidates

union

select
    audience,
    customer_id
from standing
