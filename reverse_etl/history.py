"""What a sync did before, from its ledger: its state, its runs, and each row that was not delivered with why."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from reverse_etl.ledger import Ledger
from reverse_etl.ledger_file import ledger_path, open_ledger
from reverse_etl.result import run_counts
from reverse_etl.spec import Sync


@dataclass(frozen=True)
class RunRecord:
    """A run as the ledger remembers it; `status` is `open` when it was interrupted or its destination stayed down.

    `reason` is why it was held, or what an open one waits for; `accepted_breakers` are those somebody overrode, in
    one line.
    """

    run_id: str
    as_of: date
    status: str
    reason: str | None
    started_at: datetime
    planned: int
    accepted: int
    rejected: int
    pending: int
    withheld: int
    quarantined: int
    requests: int
    accepted_breakers: str | None


@dataclass(frozen=True)
class SyncStatus:
    """A sync's state: what it holds at the destination, what waits, and its last run."""

    sync: str
    audience: str
    destination: str
    mode: str
    status: str
    acknowledged: int
    waiting: int
    last_run: RunRecord | None


@dataclass(frozen=True)
class UndeliveredRow:
    """A row of the last run that was not delivered, or waits since an earlier one, and why."""

    run_id: str
    customer_id: str | None
    operation: str
    status: str
    reason: str | None


def sync_status(sync: Sync, state_dir: Path) -> SyncStatus:
    """The state of one sync."""
    acknowledged, waiting, last = 0, 0, None
    if ledger_path(state_dir, sync.name).exists():
        with open_ledger(state_dir, sync.name, read_only=True) as ledger:
            acknowledged = ledger.number("select count(*) from acked")
            waiting = ledger.number("select count(*) from parked")
            runs = _runs(ledger, 1)
            last = runs[0] if runs else None
    return SyncStatus(
        *(sync.name, sync.audience, sync.destination, sync.mode, sync.status),
        *(acknowledged, waiting, last),
    )


def sync_log(
    sync: Sync, state_dir: Path, limit: int = 20
) -> tuple[list[RunRecord], list[UndeliveredRow]]:
    """The newest runs, and every row the newest run did not deliver or that still waits."""
    if not ledger_path(state_dir, sync.name).exists():
        return [], []
    with open_ledger(state_dir, sync.name, read_only=True) as ledger:
        runs = _runs(ledger, limit)
        newest = runs[0].run_id if runs else ""
        rows = [UndeliveredRow(*row) for row in ledger.rows(_UNDELIVERED, run_id=newest)]
    return runs, rows


def _runs(ledger: Ledger, limit: int) -> list[RunRecord]:
    return [
        RunRecord(*row[:-3], *_counts(ledger, row[0]), *row[-3:])
        for row in ledger.rows(_RUNS, limit=limit)
    ]


def _counts(ledger: Ledger, run_id: str) -> tuple[int, ...]:
    counts = run_counts(ledger, run_id)
    return (counts.planned, counts.accepted, counts.rejected, counts.pending, counts.withheld)


_RUNS = """
with request_counts as (
    select batches.run_id, count(*) as requests
    from requests inner join batches on batches.batch_id = requests.batch_id
    group by batches.run_id
),
last_words as (
    select run_id, arg_max(reason, said_at) as reason
    from (
        select run_id, reason, held_at as said_at from holds
        union all
        select batches.run_id, answers.reason, answers.answered_at
        from answers inner join batches on batches.batch_id = answers.batch_id
        where answers.reason is not null
    )
    group by run_id
)
select
    runs.run_id, runs.as_of_date, coalesce(run_ends.status, 'open'),
    case when run_ends.run_id is null then last_words.reason else run_ends.reason end, runs.started_at,
    runs.quarantined, coalesce(request_counts.requests, 0), runs.accepted_breakers
from runs
left join run_ends on run_ends.run_id = runs.run_id
left join request_counts on request_counts.run_id = runs.run_id
left join last_words on last_words.run_id = runs.run_id
order by runs.started_at desc, runs.run_id desc
limit $limit
"""
# A row without an outcome, or given up in doubt, is pending; what was last said of its batches is why.
_UNDELIVERED = """
with
undone as (
    select plan_rows.row_number
    from plan_rows
    left join outcomes on outcomes.run_id = plan_rows.run_id and outcomes.row_number = plan_rows.row_number
    where plan_rows.run_id = $run_id and coalesce(outcomes.status, 'unknown') = 'unknown' and kind <> 'same'
),
said as (
    select
        undone.row_number,
        arg_max(
            coalesce(answers.reason, 'sent, and not answered'), coalesce(answers.answered_at, requests.sent_at)
        ) as reason
    from undone
    inner join batches on undone.row_number between batches.first_row and batches.last_row
    inner join requests on requests.batch_id = batches.batch_id
    left join answers on answers.batch_id = requests.batch_id and answers.attempt = requests.attempt
    where batches.run_id = $run_id and (answers.batch_id is null or answers.reason is not null)
    group by undone.row_number
)
select
    plan_rows.run_id, customer_id, operation,
    case when coalesce(outcomes.status, 'unknown') = 'unknown' then 'pending' else outcomes.status end as status,
    coalesce(
        outcomes.reason, said.reason,
        case outcomes.status when 'unknown' then 'sent, and what became of it is unknown' else 'not sent yet' end
    )
from plan_rows
left join outcomes on outcomes.run_id = plan_rows.run_id and outcomes.row_number = plan_rows.row_number
left join said on said.row_number = plan_rows.row_number
where plan_rows.run_id = $run_id and coalesce(outcomes.status, 'pending') <> 'accepted'
    and (kind <> 'same' or outcomes.status is not null)
union all
select run_id, customer_id, 'upsert', 'quarantined', reason from quarantine where run_id = $run_id
union all
select run_id, customer_id, operation, 'waiting', reason from parked where run_id <> $run_id
order by 4, 2
"""
