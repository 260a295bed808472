"""What each run of a sync did, one row a run as Parquet in the state folder, where the warehouse reads it as a source.

Like the receipts it follows from the ledger: what a crash left unwritten is written by the next run of the sync.
"""

import os
from datetime import date
from pathlib import Path

from audiences.unfinished import beside
from reverse_etl.ledger import Ledger
from reverse_etl.payload import literal


def run_record_path(state_dir: Path, sync: str, as_of: date, run_id: str) -> Path:
    """Where the record of a run is."""
    return state_dir / "sync_runs" / f"as_of={as_of.isoformat()}" / f"{sync}__{run_id}.parquet"


def write_run_records(ledger: Ledger, state_dir: Path, sync: str) -> None:
    """Write the record of every run that has come further than its file says."""
    for run_id, as_of, status, finished in ledger.rows(_UNWRITTEN):
        target = run_record_path(state_dir, sync, as_of, run_id)
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = beside(target)
        record = _RECORD.format(sync=literal(sync), run_id=literal(run_id))
        ledger.connection.execute(f"copy ({record}) to {literal(str(unfinished))} (format parquet)")
        os.replace(unfinished, target)
        ledger.execute(
            "insert into run_records values ($run_id, $status, $finished)",
            run_id=run_id,
            status=status,
            finished=finished,
        )


_UNWRITTEN = """
with finished as (select run_id, count(*) as row_count from outcomes group by run_id)
select runs.run_id, runs.as_of_date, coalesce(run_ends.status, 'open'), coalesce(finished.row_count, 0)
from runs
left join run_ends on run_ends.run_id = runs.run_id
left join finished on finished.run_id = runs.run_id
anti join run_records
    on run_records.run_id = runs.run_id and run_records.status = coalesce(run_ends.status, 'open')
    and run_records.row_count = coalesce(finished.row_count, 0)
order by runs.run_id
"""
# A row given up in doubt is still to be delivered, one that is held is not, as if it was rejected; one that did not
# change counts only when it was withheld.
_RECORD = """
with
fates as (
    select plan_rows.kind,
        case
            when coalesce(outcomes.status, 'unknown') = 'unknown' then 'pending'
            when outcomes.status = 'held' then 'rejected'
            else outcomes.status
        end as fate,
        outcomes.attempts
    from plan_rows
    left join outcomes on outcomes.run_id = plan_rows.run_id and outcomes.row_number = plan_rows.row_number
    where plan_rows.run_id = {run_id} and (plan_rows.kind <> 'same' or outcomes.status is not null)
),
counts as (
    select
        count(*) filter (where fate <> 'withheld') as planned,
        count(*) filter (where fate <> 'withheld' and kind = 'add') as adds,
        count(*) filter (where fate <> 'withheld' and kind = 'change') as changes,
        count(*) filter (where fate <> 'withheld' and kind = 'remove') as removals,
        count(*) filter (where fate = 'accepted') as accepted,
        count(*) filter (where fate = 'rejected') as rejected,
        count(*) filter (where fate = 'pending') as pending,
        count(*) filter (where fate = 'withheld') as withheld,
        count(*) filter (where attempts > 1) as retried
    from fates
),
sent as (
    select count(*) as requests
    from requests inner join batches on batches.batch_id = requests.batch_id
    where batches.run_id = {run_id}
)
select
    {sync} as sync,
    runs.audience,
    runs.destination,
    runs.run_id,
    coalesce(run_ends.status, 'open') as status,
    run_ends.reason,
    runs.accepted_breakers,
    counts.*,
    runs.quarantined,
    sent.requests,
    runs.started_at,
    run_ends.ended_at
from runs
left join run_ends on run_ends.run_id = runs.run_id
cross join counts
cross join sent
where runs.run_id = {run_id}
"""
