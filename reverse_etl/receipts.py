"""Receipts: what became of each row, as Parquet in the state folder, where the warehouse reads it as a source.

They follow from the ledger, so that whatever a crash left unwritten is written by the next run of the sync.
"""

import os
from datetime import date
from pathlib import Path

from audiences.unfinished import beside
from reverse_etl.ledger import Ledger
from reverse_etl.payload import literal


def receipt_path(state_dir: Path, sync: str, as_of: date, run_id: str) -> Path:
    """Where the receipts of a run are."""
    return state_dir / "receipts" / f"as_of={as_of.isoformat()}" / f"{sync}__{run_id}.parquet"


def write_receipts(ledger: Ledger, state_dir: Path, sync: str) -> None:
    """Write the receipts of every run that has outcomes its file does not hold yet."""
    for run_id, as_of, row_count in ledger.rows(_UNWRITTEN):
        target = receipt_path(state_dir, sync, as_of, run_id)
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = beside(target)
        rows = _RECEIPTS.format(sync=literal(sync), run_id=literal(run_id))
        ledger.connection.execute(f"copy ({rows}) to {literal(str(unfinished))} (format parquet)")
        os.replace(unfinished, target)
        ledger.execute(
            "insert into receipts values ($run_id, $row_count)", run_id=run_id, row_count=row_count
        )


_UNWRITTEN = """
with
written as (select run_id, max(row_count) as row_count from receipts group by run_id),
known as (
    select run_id, count(*) as row_count from outcomes where status <> 'unknown' group by run_id
)
select runs.run_id, runs.as_of_date, known.row_count
from runs
inner join known on known.run_id = runs.run_id
left join written on written.run_id = runs.run_id
where known.row_count > coalesce(written.row_count, 0)
order by runs.run_id
"""
_RECEIPTS = """
select
    {sync} as sync,
    runs.audience,
    runs.destination,
    runs.run_id,
    outcomes.batch_id,
    case when forgotten.customer_id is null then plan_rows.customer_id end as customer_id,
    plan_rows.entry_seq,
    case when plan_rows.operation = 'upsert' then 'upsert' else 'remove' end as operation,
    case when outcomes.status = 'held' then 'rejected' else outcomes.status end as status,
    outcomes.reason,
    outcomes.attempts,
    outcomes.finished_at
from outcomes
inner join plan_rows on plan_rows.run_id = outcomes.run_id and plan_rows.row_number = outcomes.row_number
inner join runs on runs.run_id = outcomes.run_id
left join forgotten on forgotten.customer_id = plan_rows.customer_id
where outcomes.run_id = {run_id} and outcomes.status <> 'unknown'
order by outcomes.row_number
"""
