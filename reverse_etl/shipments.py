"""Rows of a run as they travel: what is waiting, cut into batches, with what each carries."""

import sys
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from reverse_etl.destinations import REGISTRY
from reverse_etl.destinations.base import Batch
from reverse_etl.ledger import Ledger
from reverse_etl.ledger_rows import Run, SentBatch
from reverse_etl.ledger_sql import IS_BLOCKED, WAITING
from reverse_etl.payload import typed_sql
from reverse_etl.spec import Sync

AHEAD = 10_000  # rows read at a time


@dataclass(frozen=True)
class Span:
    """Rows of one operation, by their numbers."""

    operation: str
    first: int
    last: int

    def halves(self) -> tuple["Span", "Span"]:
        """The span in two."""
        middle = (self.first + self.last) // 2
        return (
            Span(self.operation, self.first, middle),
            Span(self.operation, middle + 1, self.last),
        )


@dataclass(frozen=True)
class Shipment:
    """A batch as the ledger knows it and as the destination gets it.

    Attributes:
        numbers: Numbers of the rows it carries, in order; empty when it carries a run as a whole.
    """

    run: Run
    batch: SentBatch
    message: Batch
    numbers: Sequence[int] = ()

    @property
    def rows(self) -> Span:
        """Its rows."""
        return Span(self.batch.operation, self.batch.first_row, self.batch.last_row)

    @property
    def span(self) -> dict[str, Any]:
        """Its rows, as values of a query."""
        first, last = self.batch.first_row, self.batch.last_row
        return {"run_id": self.run.run_id, "first": first, "last": last}


class Shipments:
    """Reads what a run has to send.

    Args:
        ledger: The sync's ledger.
        sync: The sync.
    """

    def __init__(self, ledger: Ledger, sync: Sync) -> None:
        self.ledger, self.sync = ledger, sync
        self._ahead = deque[tuple[Any, ...]]()  # rows read and not asked for yet, in order
        self._weights = dict[int, int]()  # of rows, in bytes
        self._read_to = self._gone_to = sys.maxsize  # the last row read, the last one asked for

    def count(self, run: Run) -> int:
        """Rows of the run that are not as they were."""
        return self.ledger.number(_ROWS, run_id=run.run_id)

    def spans(self, run: Run, whole_run: bool) -> list[Span]:
        """One span an operation, in the order in which they have to be done; reading begins with the first row."""
        self._weights.clear()
        self._gone_to = 0
        self.read_again()
        if whole_run:
            return [Span("all", 1, self.count(run))]
        return [Span(*row) for row in self.ledger.rows(_SPANS, run_id=run.run_id)]

    def cut(self, run: Run, span: Span) -> Iterator[Span]:
        """A span as one for each request."""
        if span.operation == "all":
            yield span
            return
        size = REGISTRY[self.sync.destination].rows_per_request(self.sync)
        for first in range(span.first, span.last + 1, size):
            last = min(first + size - 1, span.last)
            yield from self._light_enough(run, Span(span.operation, first, last))

    def _light_enough(self, run: Run, span: Span) -> Iterator[Span]:
        """A span in as many halves as the weight of its payloads asks for."""
        most = REGISTRY[self.sync.destination].limits.bytes
        if most is None or span.first == span.last or self._weight(run, span) <= most:
            yield span
            return
        for half in span.halves():
            yield from self._light_enough(run, half)

    def _weight(self, run: Run, span: Span) -> int:
        """What the payloads of a span weigh together, in bytes; many rows are weighed at a time."""
        if span.first not in self._weights or span.last not in self._weights:
            last = max(span.last, span.first + AHEAD - 1)
            rows = {"run_id": run.run_id, "first": span.first, "last": last}
            self._weights = dict.fromkeys(range(span.first, last + 1), 0)
            self._weights |= dict(self.ledger.rows(_WEIGHTS, **rows))
        return sum(self._weights[row] for row in range(span.first, span.last + 1))

    def load(self, run: Run, batch: SentBatch) -> Shipment:
        """A batch with what it carries: the rows of its span that have no outcome yet."""
        span = {"run_id": run.run_id, "first": batch.first_row, "last": batch.last_row}
        carried: list[tuple[Any, ...]] = []
        if batch.operation == "all":
            rows = self.ledger.number(f"select count(*) from ({WAITING})", **span)
        else:
            carried = self._carried(run, batch.first_row, batch.last_row)
            rows = len(carried)
        message = Batch(
            sync=self.sync.name,
            audience=run.audience,
            run_id=run.run_id,
            message_id=batch.message_id,
            operation=batch.operation,
            rows=rows,
            fields=run.fields,
            payloads=[row[1] for row in carried],
            ids=[row[2] for row in carried],
            remote_ids=[row[3] for row in carried],
            read_table=lambda: self._table(run),
        )
        return Shipment(run, batch, message, [row[0] for row in carried])

    def read_again(self) -> None:
        """Forget what was read ahead, for rows of it may have been withheld since."""
        self._ahead.clear()
        self._read_to = self._gone_to

    def _carried(self, run: Run, first: int, last: int) -> list[tuple[Any, ...]]:
        """Number, payload, id and remote id of rows; many are read at a time, for one more costs next to nothing."""
        if first <= self._gone_to:  # a part of what was sent before
            return self._read(run, first, last)
        if last > self._read_to:
            self._read_to = max(last, first + AHEAD - 1)
            self._ahead = deque(self._read(run, first, self._read_to))
        self._gone_to, rows = last, []
        while self._ahead and self._ahead[0][0] <= last:
            rows.append(self._ahead.popleft())
        return rows

    def _read(self, run: Run, first: int, last: int) -> list[tuple[Any, ...]]:
        return self.ledger.rows(
            _CARRIED, sync=self.sync.name, run_id=run.run_id, first=first, last=last
        )

    def is_stale(self, shipment: Shipment) -> bool:
        """Whether a row was changed, blocked or left since the shipment was made."""
        return self.ledger.number(_STALE, **shipment.span) > 0

    def _table(self, run: Run) -> pa.RecordBatchReader:
        """The whole run with typed columns; in a snapshot what did not change belongs to it too."""
        columns = ", ".join(typed_sql(field) for field in run.fields)
        where = "operation = 'upsert'" if self.sync.mode == "snapshot" else "true"
        sql = _TABLE.format(columns=columns, where=where)
        rows = self.ledger.connection.sql(sql, params={"run_id": run.run_id})
        return rows.to_arrow_reader(100_000)


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
    when operation <> 'upsert' then source.key is not null
    else source.payload_hash is distinct from plan_rows.payload_hash or blocks.customer_id is not null
end
"""
_CARRIED = f"""
select
    plan_rows.row_number,
    outbox.payload,
    left(sha256(concat_ws('|', $sync, plan_rows.key, plan_rows.entry_seq)), 32),
    plan_rows.remote_id
from plan_rows
inner join outbox on outbox.run_id = plan_rows.run_id and outbox.row_number = plan_rows.row_number
where plan_rows.run_id = $run_id and plan_rows.row_number between $first and $last
    and outbox.run_id = $run_id and outbox.row_number between $first and $last
    and plan_rows.row_number in ({WAITING})
order by plan_rows.row_number
"""
_WEIGHTS = """
select row_number, octet_length(encode(payload)) from outbox
where run_id = $run_id and row_number between $first and $last
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
