"""The ledger of one sync: what was planned, sent, answered and acknowledged, in one DuckDB file of its own.

Append-only during a run; `settle` folds a run's outcomes into `acked`, the only truth of the diff, and may be repeated.
A destination's answer and what follows from it are one transaction. All work on rows is SQL over whole sets.
"""

import json
import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

import duckdb
import pyarrow as pa

from reverse_etl.ledger_rows import Outcome, Run, SentBatch
from reverse_etl.ledger_sql import BEGIN, FOLD, FOLDED, PLAIN, RECORD_PLAIN, RECORD_WHOLE, WITHHOLD
from reverse_etl.payload import OutputField


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

    def _insert(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Add a few rows in one statement, which takes about as long as one for one row."""
        if rows:
            marks = ", ".join(f"({', '.join('?' * len(row))})" for row in rows)
            values = [value for row in rows for value in row]
            self.connection.execute(f"insert into {table} values {marks}", values)

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
        made = list(intents)
        self._insert(
            "batches",
            [
                (
                    *(one.batch_id, one.run_id, one.operation),
                    one.first_row,
                    one.last_row,
                    one.message_id,
                )
                for one, attempt in made
                if attempt == 1
            ],
        )
        self._insert("requests", [(one.batch_id, attempt, now) for one, attempt in made])

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

    def record(self, outcomes: Collection[Outcome], now: datetime) -> None:
        """Note, in the caller's transaction, answers to batches, each with one outcome a row."""
        plain = [one for one in outcomes if one.is_plain]
        if plain:
            marks = ", ".join([PLAIN] * len(plain))
            values = [value for one in plain for value in one.in_one_row()]
            self.connection.execute(RECORD_PLAIN.format(marks=marks), [now, *values])
        if rows := [row for one in outcomes if not one.is_plain for row in one.by_row()]:
            columns = zip(*((*row, now) for row in rows), strict=True)
            new_rows = pa.table([pa.array(column) for column in columns], _OUTCOME)  # noqa: F841
            self.connection.execute("insert into outcomes by name from new_rows")
        for one in outcomes:
            if not one.rows and one.status != "refused":
                self.execute(
                    RECORD_WHOLE,
                    run_id=one.batch.run_id,
                    first=one.batch.first_row,
                    last=one.batch.last_row,
                    batch_id=one.batch.batch_id,
                    status=one.status,
                    attempts=one.attempt,
                    now=now,
                )
        answers = [
            (one.batch.batch_id, one.attempt, one.status, one.words, now) for one in outcomes
        ]
        self._insert("answers", answers)

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


_OUTCOME = (
    *("run_id", "row_number", "batch_id", "status", "reason", "attempts", "remote_id"),
    "finished_at",
)
