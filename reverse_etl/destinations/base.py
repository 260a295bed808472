"""What a destination is to the delivery engine: it sends a batch, and says what became of one sent before a crash.

A destination is one file with one class, named in the registry (`__init__.py`). It knows nothing of plans and ledgers.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Literal, Self

import pyarrow as pa

from reverse_etl.context import SyncContext
from reverse_etl.payload import OutputField
from reverse_etl.rates import Rate
from reverse_etl.reports.report import Report, Unplaced
from reverse_etl.spec import Scalar, Sync

# What became of a batch that was sent and not answered: `resend` the very same request (it is known by its id), it was
# `accepted`, it was `unsent`, it is `unknown` and its rows are sent again as if they might be held, or it is `held`: it
# may have been done and must not be done twice.
Recovery = Literal["resend", "accepted", "unsent", "unknown", "held"]


@dataclass(frozen=True)
class Batch:
    """Rows on their way.

    Attributes:
        operation: upsert, remove, forget where the destination offers that; `all` when it takes a run as one request.
        payloads: The canonical JSON text of each row, in order.
        ids: What each row is known by for good, the same however often it is sent: events carry it.
        remote_ids: The destination's own id of each row, where it told one before.
    """

    sync: str
    audience: str
    run_id: str
    message_id: str
    operation: str
    rows: int
    fields: tuple[OutputField, ...]
    payloads: Sequence[str] = field(repr=False)
    ids: Sequence[str] = field(repr=False)
    remote_ids: Sequence[str | None] = field(repr=False)
    read_table: Callable[[], pa.RecordBatchReader] = field(repr=False)

    def members(self) -> list[dict[str, Any]]:
        """The payloads as objects."""
        return [json.loads(payload) for payload in self.payloads]

    def table(self) -> pa.RecordBatchReader:
        """The rows with typed columns: `operation`, then the mapped fields in order."""
        return self.read_table()


@dataclass(frozen=True)
class Limits:
    """What a destination takes.

    Attributes:
        rows: Rows in one request; None for any number.
        bytes: What the payloads of one request may weigh together; None for anything. A row may be heavier.
        concurrency: Requests under way at a time.
        rates: How often requests may be made.
    """

    rows: int | None = None
    bytes: int | None = None
    concurrency: int = 1
    rates: tuple[Rate, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What the destination said of a batch; rows go by their index in it.

    Attributes:
        rows: How many rows it answered for.
        rejected: Why it rejected some.
        later: Why it wants some again later.
        held: Why nobody knows what became of some, which are not sent again.
        job: The job that works on the batch, whose end `wait_for` tells; nothing is known of any row before.
        remote_ids: Its own ids of rows it accepted, to be handed back when they are sent or removed again.
    """

    rows: int
    rejected: Mapping[int, str] = field(default_factory=dict)
    later: Mapping[int, str] = field(default_factory=dict)
    held: Mapping[int, str] = field(default_factory=dict)
    job: str | None = None
    remote_ids: Mapping[int, str] = field(default_factory=dict)


class Destination(ABC):
    """Base of all destinations.

    `modes` are the sync modes it offers, `settings` the connection keys it knows (True = required), `limits` what it
    takes, `whole_run` whether it takes a run as one request, `is_file` whether people who may not be contacted may go
    there, `forgets` whether it deletes people who are to be forgotten rather than only removing them,
    `updates_in_place` whether mode update leaves it to the destination who is held there, `partial_modes` the modes in
    which it may keep less than the payload. `send` is called by as many threads as `limits.concurrency` says.
    """

    name: ClassVar[str]
    modes: ClassVar[tuple[str, ...]]
    settings: ClassVar[Mapping[str, bool]]
    limits: ClassVar[Limits] = Limits()
    whole_run: ClassVar[bool] = False
    is_file: ClassVar[bool] = False
    forgets: ClassVar[bool] = False
    updates_in_place: ClassVar[bool] = False
    partial_modes: ClassVar[tuple[str, ...]] = ("list",)

    @classmethod
    @abstractmethod
    def open(cls, sync: Sync, connection: Mapping[str, Scalar], context: SyncContext) -> Self:
        """Make ready to send, without a request.

        Args:
            sync: The sync.
            connection: Its connection settings with secrets filled in.
            context: Places, clock.

        Raises:
            SyncError: A setting is wrong.
        """

    @classmethod
    def check(cls, sync: Sync) -> None:
        """Check what can be known from the sync file alone; raises SyncError."""
        return

    @classmethod
    def target(cls, sync: Sync) -> str:
        """The place whose acknowledged state counts: a sync that moves to another place starts from nothing there."""
        return cls.name

    @classmethod
    def rows_per_request(cls, sync: Sync) -> int:
        """What the sync asks for, and never more than is taken."""
        return min(sync.max_rows, cls.limits.rows or sync.max_rows)

    @classmethod
    def requests(cls, sync: Sync, operation: str, rows: int) -> int:
        """How many requests so many rows of an operation (upsert, remove, forget) take: as a plan foresees them."""
        return -(-rows // cls.rows_per_request(sync))

    def account(self) -> str:
        """Whose limits are shared by all syncs that name the same account; no secret in it is kept or shown."""
        return self.name

    @abstractmethod
    def send(self, batch: Batch) -> Answer:
        """Send one batch, once.

        Raises:
            DeliveryProblem: It was not taken.
        """

    def recover(self, batch: Batch) -> Recovery:
        """Say what became of a batch that was sent and not answered."""
        return "resend"

    def close(self) -> None:
        """Let go of connections."""
        return


class WorksInJobs(ABC):
    """A destination that may answer a batch with a job."""

    @abstractmethod
    def wait_for(self, job: str, batch: Batch) -> Answer:
        """Wait until a job has ended, perhaps in a later process than the one that sent the batch.

        Raises:
            DeliveryProblem: It takes too long (TryLater), or is not known any more (JobLost).
        """


class ReportsBack(ABC):
    """A destination that can be asked what became of messages."""

    @abstractmethod
    def pull_events(self, since: datetime) -> Iterator[Report | Unplaced]:
        """What happened to messages of the whole account since an instant (UTC without a zone), once or more often.

        Raises:
            DeliveryProblem: It does not tell.
        """
