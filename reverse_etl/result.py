"""What a run did, in numbers; no person in it."""

from dataclasses import dataclass
from datetime import date

from reverse_etl.ledger import Ledger


@dataclass(frozen=True)
class RunResult:
    """What an apply did. `planned` = accepted + rejected + pending; withheld rows come on top.

    `status` is delivered, unchanged (nothing to do), held (a breaker or the gate) or stopped (the
    destination stayed down). `waiting` rows were rejected earlier with the same values; `recovered`
    rows belong to an interrupted run whose fate was settled first.
    """

    sync: str
    audience: str
    destination: str
    as_of: date
    run_id: str | None
    plan_id: str | None
    status: str
    planned: int = 0
    adds: int = 0
    changes: int = 0
    removals: int = 0
    accepted: int = 0
    rejected: int = 0
    pending: int = 0
    withheld: int = 0
    quarantined: int = 0
    waiting: int = 0
    recovered: int = 0
    requests: int = 0
    seconds: float = 0
    held_reason: str | None = None
    problem: str | None = None
    has_too_many_rejected: bool = False

    @property
    def rows_per_second(self) -> float:
        """Rows answered in a second of the run, planning included."""
        return (self.accepted + self.rejected) / self.seconds if self.seconds else 0.0

    @property
    def exit_code(self) -> int:
        """0 when the work is done, 1 when it was held, stopped, or too many rows were rejected."""
        return 1 if self.status in ("held", "stopped") or self.has_too_many_rejected else 0


@dataclass(frozen=True)
class RunCounts:
    """Rows of a run by kind and by outcome."""

    planned: int = 0
    adds: int = 0
    changes: int = 0
    removals: int = 0
    accepted: int = 0
    rejected: int = 0
    pending: int = 0
    withheld: int = 0


def run_counts(ledger: Ledger, run_id: str) -> RunCounts:
    """Count the rows of a run."""
    return RunCounts(*ledger.rows(_COUNTS, run_id=run_id)[0])


# A row given up in doubt is still to be delivered, one that is held is not, as if it was rejected; one that did not
# change counts only when it was withheld.
_COUNTS = """
with fates as (
    select plan_rows.kind,
        case
            when outcomes.status is null or outcomes.status = 'unknown' then 'pending'
            when outcomes.status = 'held' then 'rejected'
            else outcomes.status
        end as fate
    from plan_rows
    left join outcomes on outcomes.run_id = plan_rows.run_id and outcomes.row_number = plan_rows.row_number
    where plan_rows.run_id = $run_id and (plan_rows.kind <> 'same' or outcomes.status is not null)
)
select
    count(*) filter (where fate <> 'withheld'),
    count(*) filter (where fate <> 'withheld' and kind = 'add'),
    count(*) filter (where fate <> 'withheld' and kind = 'change'),
    count(*) filter (where fate <> 'withheld' and kind = 'remove'),
    count(*) filter (where fate = 'accepted'),
    count(*) filter (where fate = 'rejected'),
    count(*) filter (where fate = 'pending'),
    count(*) filter (where fate = 'withheld')
from fates
"""
