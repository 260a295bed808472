"""The ledger of one sync: what was planned, sent, answered and acknowledged, in one DuckDB file of its own.

Append-only during a run; `settle` folds a run's outcomes into `acked`, the only truth of the diff, and may be repeated.
A destination's answer and what follows from it are one transaction. All work on rows is SQL over whole sets.
"""

import json
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

import duckdb

from reverse_etl.ledger_sql import BEGIN, FOLD, FOLDED, NUMBERED, RECORD, WAITING, WITHHOLD
from reverse_etl.payload import OutputField


@dataclass(frozen=True)
class Run:
    """A run as it was begun."""

    run_id: str
    as_of: date
    audience: str
    destination: str
    target: str
    fields: tuple[OutputField, ...]


@dataclass(frozen=True)
class SentBatch:
    """A batch as it was committed before its request; rows first to last that had no outcome then."""

    batch_id: str
    run_id: str
    operation: str
    first_row: int
    last_row: int
    message_id: str
    attempts: int = 0
    job: str | None = None  # that works on it at the destination


@dataclass(frozen=True)
class Outcome:
    """The answer to a batch, which gives each of its rows an outcome.

    Attributes:
        batch: The batch.
        attempt: The attempt that was answered.
        status: Outcome of its rows: accepted; unknown for a batch given up in doubt; refused, which is none.
        rows: Numbers of its rows; empty for all of the batch that have no outcome.
        rejected: Reason by row number.
        held: Reason by row number: it may have been done, and is not to be done twice.
        later: Reason by row number of rows that stay without an outcome.
        reason: Why the batch as a whole was refused.
        remote_ids: The destination's own id by row number, where it told one.
    """

    batch: SentBatch
    attempt: int
    status: str
    rows: Sequence[int] = ()
    rejected: Mapping[int, str] = field(default_factory=dict)
    later: Mapping[int, str] = field(default_factory=dict)
    held: Mapping[int, str] = field(default_factory=dict)
    reason: str | None = None
    remote_ids: Mapping[int, str] = field(default_factory=dict)


class Ledger:
    """The tables of one sync and the few verbs on them."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self._batches: dict[str, int] = {}

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing."""
        self.connection.execute("begin")
        try:
            yield
        except BaseException:
            self.connection.execute("rollback")
            raise
        self.connection.execute("commit")

    def execute(self, sql: str, **values: Any) -> None:
        """Run one statement."""
        self.connection.execute(sql, values)

    def rows(self, sql: str, **values: Any) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        return self.connection.execute(sql, values).fetchall()

    def number(self, sql: str, **values: Any) -> int:
        """The one number of a query; 0 when it is null."""
        return int(self.rows(sql, **values)[0][0] or 0)

    def new_run_id(self, as_of: date) -> str:
        """The next run of a day: sortable, unique in the ledger."""
        count = self.number("select count(*) from runs where as_of_date = $day", day=as_of)
        return f"{as_of.isoformat()}-{count + 1:03d}"

    def begin(
        self,
        run: Run,
        plan_id: str,
        quarantined: int,
        now: datetime,
        accepted: Collection[str] = (),
    ) -> None:
        """Note that a run exists, and which breakers it overrides; its rows follow in the caller's transaction."""
        self.execute(
            BEGIN,
            run_id=run.run_id,
            plan_id=plan_id,
            as_of=run.as_of,
            audience=run.audience,
            destination=run.destination,
            target=run.target,
            fields=json.dumps([asdict(field) for field in run.fields]),
            quarantined=quarantined,
            now=now,
            accepted=", ".join(accepted) or None,
        )

    def end(self, run_id: str, status: str, reason: str | None, now: datetime) -> None:
        """Close a run for good: what is still pending is planned anew by the next one."""
        with self.transaction():
            self._fold(run_id)
            self.execute(
                "insert into run_ends values ($run_id, $status, $reason, $now)",
                run_id=run_id,
                status=status,
                reason=reason,
                now=now,
            )
            self.execute("delete from outbox where run_id = $run_id", run_id=run_id)

    def hold(self, run_id: str, reason: str, now: datetime) -> None:
        """Note why an interrupted run could not go on."""
        self.execute(
            "insert into holds values ($run_id, $reason, $now)",
            run_id=run_id,
            reason=reason,
            now=now,
        )

    def settle(self) -> None:
        """Fold what an unfinished run already achieved into the acknowledged state."""
        run = self.open_run()
        if run is not None:
            with self.transaction():
                self._fold(run.run_id)

    def open_run(self) -> Run | None:
        """The run that was begun and not ended, after a crash or a stop."""
        found = self.rows(
            """
            select run_id, as_of_date, audience, destination, target, fields from runs
            where run_id not in (select run_id from run_ends) order by started_at desc, run_id desc limit 1
            """
        )
        if not found:
            return None
        run_id, as_of, audience, destination, target, fields = found[0]
        outputs = tuple(OutputField(**field) for field in json.loads(fields))
        return Run(run_id, as_of, audience, destination, target, outputs)

    def open_batches(self, run_id: str) -> list[SentBatch]:
        """Batches that were sent and have no final answer."""
        found = self.rows(
            """
            select batch_id, run_id, operation, first_row, last_row, message_id,
                (select count(*) from requests where requests.batch_id = batches.batch_id),
                (select max(job_id) from jobs where jobs.batch_id = batches.batch_id)
            from batches
            where run_id = $run_id and batch_id not in (
                select batch_id from answers where verdict <> 'retry'
            )
            order by batch_id
            """,
            run_id=run_id,
        )
        return [SentBatch(*row) for row in found]

    def new_batch(self, run_id: str, operation: str, first_row: int, last_row: int) -> SentBatch:
        """A batch to be sent; `intend` commits it."""
        if run_id not in self._batches:
            self._batches[run_id] = self.number(
                "select count(*) from batches where run_id = $run_id", run_id=run_id
            )
        self._batches[run_id] += 1
        batch_id = f"{run_id}-{self._batches[run_id]:06d}"
        return SentBatch(
            batch_id, run_id, operation, first_row, last_row, f"msg_{uuid.uuid4().hex}"
        )

    def intend(self, intents: Iterable[tuple[SentBatch, int]], now: datetime) -> None:
        """Note, in the caller's transaction, that requests are about to be made, each with its number."""
        for batch, attempt in intents:
            if attempt == 1:
                self.execute(
                    "insert into batches values ($batch_id, $run_id, $operation, $first, $last, $message)",
                    batch_id=batch.batch_id,
                    run_id=batch.run_id,
                    operation=batch.operation,
                    first=batch.first_row,
                    last=batch.last_row,
                    message=batch.message_id,
                )
            self.execute(
                "insert into requests values ($batch_id, $attempt, $now)",
                batch_id=batch.batch_id,
                attempt=attempt,
                now=now,
            )

    def answered(
        self, batch: SentBatch, attempt: int, verdict: str, reason: str | None, now: datetime
    ) -> None:
        """Note an answer that settles no row: `retry`, or `refused` when the batch is to be cut."""
        self.execute(
            "insert into answers values ($batch_id, $attempt, $verdict, $reason, $now)",
            batch_id=batch.batch_id,
            attempt=attempt,
            verdict=verdict,
            reason=reason,
            now=now,
        )

    def took(self, batch: SentBatch, job: str, now: datetime) -> None:
        """Commit that the destination works on a batch in a job of its own."""
        self.execute(
            "insert into jobs values ($batch_id, $job, $now)",
            batch_id=batch.batch_id,
            job=job,
            now=now,
        )

    def record(self, outcomes: Iterable[Outcome], now: datetime) -> None:
        """Note, in the caller's transaction, answers to batches, each with one outcome a row."""
        for one in outcomes:
            first, last = one.batch.first_row, one.batch.last_row
            rows: dict[str, Any] = {"first": first, "last": last}
            if one.rows:
                rows = {"numbers": one.rows}
            self.execute(
                RECORD.format(rows=NUMBERED if one.rows else WAITING),
                **rows,
                run_id=one.batch.run_id,
                batch_id=one.batch.batch_id,
                status=one.status,
                attempts=one.attempt,
                now=now,
                **_exceptions(one),
            )
            reason = one.reason or next(iter(one.later.values()), None)
            self.answered(one.batch, one.attempt, one.status, reason, now)

    def withhold(self, run_id: str, kinds: tuple[str, ...], now: datetime) -> None:
        """Give every waiting row of the kinds whose person is blocked the outcome `withheld`."""
        self.execute(
            WITHHOLD,
            run_id=run_id,
            kinds=list(kinds),
            now=now,
        )

    def _fold(self, run_id: str) -> None:
        """Bring `acked` and `parked` up to what the run's outcomes say; safe to repeat while no later run exists."""
        self.execute(FOLDED, run_id=run_id)
        for statement in FOLD:
            self.connection.execute(statement)


def _exceptions(outcome: Outcome) -> dict[str, list[Any]]:
    """What is said of single rows, column by column."""
    said: list[tuple[int, str | None, str | None, str | None]] = []
    said += [(row, "rejected", why, None) for row, why in outcome.rejected.items()]
    said += [(row, "held", why, None) for row, why in outcome.held.items()]
    said += [(row, "later", None, None) for row in outcome.later]
    said += [(row, None, None, told) for row, told in outcome.remote_ids.items()]
    columns = [list(column) for column in zip(*said, strict=True)] or [[], [], [], []]
    return dict(zip(("rows", "statuses", "reasons", "remote_ids"), columns, strict=True))
