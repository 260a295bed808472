select
    sync,
    audience,
    destination,
    run_id,
    status,
    reason,
    accepted_breakers,
    planned,
    adds,
    changes,
    removals,
    accepted,
    rejected,
    pending,
    withheld,
    retried,
    quarantined,
    requests,
    started_at,
    ended_at,
    as_of_date
from {{ source('state', 'sync_runs') }}
where as_of_date < {{ as_of_date() }}
