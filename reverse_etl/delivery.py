"""Sends what is planned, batch by batch. Intent is committed before each request, one outcome a row after it.

A process may die between any two lines here: what was sent without an answer is found by `recover` and sent again under
the same id; what was never sent is planned anew.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from audiences.errors import WorkError
from reverse_etl.context import SyncContext
from reverse_etl.destinations.base import Answer, Batch, Destination, Recovery
from reverse_etl.errors import BatchRefused, DeliveryProblem, DestinationClosed, TryLater
from reverse_etl.ledger import Ledger, Run, SentBatch
from reverse_etl.ledger_sql import IS_BLOCKED, WAITING
from reverse_etl.payload import typed_sql
from reverse_etl.source import load_blocks, warehouse
from reverse_etl.spec import Sync

_BLOCKS_AGE = 60  # seconds after which the blocks are read again during a long delivery
_EMAIL = re.compile(r"[^\s@\"'<>]+@[^\s@\"'<>]+")


@dataclass
class Courier:
    """Carries one run's rows to a destination.

    Attributes:
        requests: Requests made so far.
        problem: Why the destination was given up, when it was.
    """

    ledger: Ledger
    sync: Sync
    context: SyncContext
    destination: Destination
    secrets: tuple[str, ...] = ()
    requests: int = 0
    problem: str | None = None
    _waited: float = field(default=0, init=False)
    _random: random.Random = field(default_factory=random.Random, init=False, repr=False)

    def recover(self, run: Run) -> None:
        """Find out what became of batches that were sent and not answered; may set `problem`."""
        for batch in self.ledger.open_batches(run.run_id):
            shipment = self._shipment(run, batch)
            fate = self._fate(shipment)
            if fate == "resend":
                self._carry(shipment)
            elif fate == "unsent":
                self.ledger.answered(batch, batch.attempts, "unsent", None, self.context.now())
            else:
                self._record(shipment, batch.attempts, Answer(shipment.message.rows), fate)
            if self.problem is not None:
                return

    def deliver(self, run: Run) -> None:
        """Send every waiting row of a run; stops with `problem` when the destination stays down."""
        planned = self._count(run)
        blocks_read = self.context.clock()
        for operation, first, last in self._ranges(run, planned):
            if (self.context.clock() - blocks_read).total_seconds() > _BLOCKS_AGE:
                blocks_read = self.context.clock()
                self._read_blocks(run)
            self._send_range(run, operation, first, last)
            if self.problem is not None:
                return
            self.context.on_progress(last, planned)

    def _fate(self, shipment: "_Shipment") -> Recovery:
        """What to do about a batch in doubt; what was blocked, changed or left since is not sent again."""
        if shipment.run.target != self.destination.target(self.sync):
            return "unknown"
        fate = self.destination.recover(shipment.message)
        return "unknown" if fate == "resend" and self._is_stale(shipment) else fate

    def _send_range(self, run: Run, operation: str, first: int, last: int) -> None:
        """Send rows first to last; what is refused is halved until the bad rows stand alone."""
        ranges = [(first, last)]
        while ranges and self.problem is None:
            first, last = ranges.pop()
            batch = self.ledger.new_batch(run.run_id, operation, first, last)
            shipment = self._shipment(run, batch)
            if shipment.message.rows > 0 and self._carry(shipment) == "refused":
                middle = (first + last) // 2
                ranges += [(middle + 1, last), (first, middle)]

    def _carry(self, shipment: "_Shipment") -> str:
        """Send a batch until it is answered: `done`, `refused` (to be cut) or `given up`."""
        batch, retry = shipment.batch, self.context.retry
        for tries in range(1, retry.attempts + 1):
            attempt = batch.attempts + tries
            self.ledger.intend(batch, attempt, self.context.now())
            self.context.on_step("intended")
            self.requests += 1
            try:
                answer = self.destination.send(shipment.message)
            except BatchRefused as refusal:
                return self._refused(shipment, attempt, refusal)
            except DestinationClosed as problem:
                return self._give_up(batch, attempt, problem)
            except TryLater as problem:
                if tries == retry.attempts or not self._wait(tries, problem.wait):
                    return self._give_up(batch, attempt, problem)
                self._note(batch, attempt, "retry", problem)
                continue
            self.context.on_step("answered")
            self._record(shipment, attempt, answer)
            self.context.on_step("recorded")
            return "done"
        return "given up"

    def _refused(self, shipment: "_Shipment", attempt: int, refusal: BatchRefused) -> str:
        if shipment.message.rows == 1:
            self._record(shipment, attempt, Answer(1, {0: refusal.reason}))
            return "done"
        self._note(shipment.batch, attempt, "refused", refusal)
        return "refused"

    def _give_up(self, batch: SentBatch, attempt: int, problem: DeliveryProblem) -> str:
        self._note(batch, attempt, "retry", problem)
        self.problem = self._masked(problem.reason)
        return "given up"

    def _note(self, batch: SentBatch, attempt: int, verdict: str, problem: DeliveryProblem) -> None:
        reason = self._masked(problem.reason)
        self.ledger.answered(batch, attempt, verdict, reason, self.context.now())

    def _wait(self, tries: int, asked: float | None) -> bool:
        """Wait as long as asked, or longer each time; False when patience would run out."""
        retry = self.context.retry
        wait = asked
        if wait is None:
            longest = min(retry.longest_wait, retry.first_wait * 2 ** (tries - 1))
            wait = longest * self._random.uniform(0.5, 1)
        if self._waited + wait > retry.budget:
            return False
        self._waited += wait
        self.context.sleep(wait)
        return True

    def _record(
        self, shipment: "_Shipment", attempt: int, answer: Answer, status: str = "accepted"
    ) -> None:
        """Commit one outcome a row.

        Raises:
            WorkError: The destination answered for another number of rows than it was sent.
        """
        batch, message = shipment.batch, shipment.message
        if answer.rows != message.rows:
            raise WorkError(
                f"sync {self.sync.name}: batch {batch.batch_id}: "
                f"{message.rows} rows sent, {answer.rows} answered",
                "nothing was recorded for the batch; report this with the destination's name",
            )
        rejected = self._rejected(shipment, answer) if answer.rejected else {}
        self.ledger.record(batch, attempt, rejected, status, self.context.now())

    def _rejected(self, shipment: "_Shipment", answer: Answer) -> dict[int, str]:
        """Reasons by row number, where the destination counts from 0 in the batch."""
        members = shipment.message.members()
        span = self._span(shipment.run, shipment.batch)
        numbers = [row[0] for row in self.ledger.rows(f"{WAITING} order by row_number", **span)]
        return {
            numbers[index]: self._masked(reason, members[index])
            for index, reason in answer.rejected.items()
        }

    def _masked(self, reason: str, member: dict[str, object] | None = None) -> str:
        """A reason without secrets, e-mail addresses and the person's own values."""
        for secret in self.secrets:
            reason = reason.replace(secret, "(secret)")
        for name, value in (member or {}).items():
            if isinstance(value, str) and len(value) > 2:
                reason = reason.replace(value, f"({name})")
        return _EMAIL.sub("(e-mail)", reason)

    def _ranges(self, run: Run, planned: int) -> Iterator[tuple[str, int, int]]:
        """Row ranges of one request each: one operation, at most `max_rows`."""
        if self.destination.whole_run:
            yield "all", 1, planned
            return
        for operation, first, last in self.ledger.rows(_SPANS, run_id=run.run_id):
            for start in range(first, last + 1, self.sync.max_rows):
                yield operation, start, min(start + self.sync.max_rows - 1, last)

    def _shipment(self, run: Run, batch: SentBatch) -> "_Shipment":
        span = self._span(run, batch)
        message = Batch(
            sync=self.sync.name,
            audience=run.audience,
            run_id=run.run_id,
            message_id=batch.message_id,
            operation=batch.operation,
            rows=self.ledger.number(f"select count(*) from ({WAITING})", **span),
            fields=run.fields,
            read_payloads=lambda: [row[0] for row in self.ledger.rows(_PAYLOADS, **span)],
            read_table=lambda: self._table(run),
        )
        return _Shipment(run, batch, message)

    def _table(self, run: Run) -> pa.RecordBatchReader:
        """The whole run with typed columns; in a snapshot what did not change belongs to it too."""
        columns = ", ".join(typed_sql(field) for field in run.fields)
        where = "operation = 'upsert'" if self.sync.mode == "snapshot" else "true"
        sql = _TABLE.format(columns=columns, where=where)
        rows = self.ledger.connection.sql(sql, params={"run_id": run.run_id})
        return rows.to_arrow_reader(100_000)

    def _span(self, run: Run, batch: SentBatch) -> dict[str, Any]:
        return {"run_id": run.run_id, "first": batch.first_row, "last": batch.last_row}

    def _count(self, run: Run) -> int:
        return self.ledger.number(_ROWS, run_id=run.run_id)

    def _is_stale(self, shipment: "_Shipment") -> bool:
        return self.ledger.number(_STALE, **self._span(shipment.run, shipment.batch)) > 0

    def _read_blocks(self, run: Run) -> None:
        with warehouse(self.ledger.connection, self.context):
            load_blocks(self.ledger.connection, self.sync)
        self.ledger.withhold(run.run_id, ("add", "change"), self.context.now())


@dataclass(frozen=True)
class _Shipment:
    """A batch as the ledger knows it and as the destination gets it."""

    run: Run
    batch: SentBatch
    message: Batch


_ROWS = "select count(*) from plan_rows where run_id = $run_id and kind <> 'same'"
_SPANS = """
select operation, min(row_number), max(row_number) from plan_rows
where run_id = $run_id and kind <> 'same'
group by operation
order by 2
"""
_STALE = f"""
select count(*)
from plan_rows
left join source on source.key = plan_rows.key
left join blocks on {IS_BLOCKED}
where plan_rows.run_id = $run_id and row_number in ({WAITING}) and case
    when operation = 'remove' then source.key is not null
    else source.payload_hash is distinct from plan_rows.payload_hash or blocks.customer_id is not null
end
"""
_PAYLOADS = f"""
select payload from outbox
where run_id = $run_id and row_number in ({WAITING})
order by row_number
"""
_TABLE = """
select plan_rows.operation, {columns}
from plan_rows
inner join outbox on outbox.run_id = plan_rows.run_id and outbox.row_number = plan_rows.row_number
where plan_rows.run_id = $run_id and {where} and plan_rows.row_number not in (
    select row_number from outcomes where run_id = $run_id and status = 'withheld'
)
order by plan_rows.row_number
"""
