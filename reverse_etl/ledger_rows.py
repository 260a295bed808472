"""What the ledger is told and tells: a run, a batch as it was committed, the outcome of a batch."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

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
        rows: Numbers of its rows; empty for a run sent as a whole: all that have no outcome.
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

    @property
    def words(self) -> str | None:
        """What was said of the batch, or of the first row that is to come later."""
        return self.reason or next(iter(self.later.values()), None)

    @property
    def is_plain(self) -> bool:
        """Whether all of its rows have the same outcome and one follows on the other."""
        said = self.rejected or self.held or self.later or self.remote_ids
        settled = bool(self.rows) and self.status != "refused" and not said
        return settled and self.rows[-1] - self.rows[0] + 1 == len(self.rows)

    def in_one_row(self) -> tuple[Any, ...]:
        """Run, first and last row, batch, status and attempt of a plain outcome."""
        ends = self.rows[0], self.rows[-1]
        return (self.batch.run_id, *ends, self.batch.batch_id, self.status, self.attempt)

    def by_row(self) -> Iterator[tuple[Any, ...]]:
        """Run, number, batch, status, reason, attempt and remote id of each row that has an outcome now."""
        run, batch = self.batch.run_id, self.batch.batch_id
        for row in self.rows:
            if row in self.rejected:
                yield run, row, batch, "rejected", self.rejected[row], self.attempt, None
            elif row in self.held:
                yield run, row, batch, "held", self.held[row], self.attempt, None
            elif row not in self.later and self.status != "refused":
                told = self.remote_ids.get(row)
                yield run, row, batch, self.status, None, self.attempt, told
