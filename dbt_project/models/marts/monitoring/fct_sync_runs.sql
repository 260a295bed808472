{# Rows are counted from the receipts; the runs themselves tell what was planned and why nothing was sent. #}

with runs as (
    select * from {{ ref('stg_state__sync_runs') }}
),

receipts as (
    select * from {{ ref('stg_state__receipts') }}
),

received as (
    select
        sync,
        run_id,
        count(*) as rows_received,
        max(attempts) as max_attempts
    from receipts
    group by sync, run_id
)

select
    runs.sync,
    runs.run_id,
    runs.audience,
    runs.destination,
    runs.as_of_date,
    runs.status,
    runs.reason,
    runs.accepted_breakers,
    runs.planned,
    runs.adds,
    runs.changes,
    runs.removals,
    runs.accepted,
    runs.rejected,
    runs.pending,
    runs.withheld,
    runs.retried,
    runs.quarantined,
    runs.requests,
    coalesce(received.rows_received, 0) as rows_received,
    coalesce(received.max_attempts, 0) as max_attempts,
    {{ ratio('runs.rejected', 'runs.planned') }} as rejected_share,
    runs.started_at,
    runs.ended_at
from runs
left join received on runs.sync = received.sync and runs.run_id = received.run_id
