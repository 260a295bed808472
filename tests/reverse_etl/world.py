"""A shop, a sync and a destination in a folder of their own, for tests that let much happen to them."""

import itertools
import tempfile
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from reverse_etl.context import Retry, SyncContext
from reverse_etl.errors import SyncError
from reverse_etl.ledger_file import ledger_path
from reverse_etl.loader import load_sync
from reverse_etl.simulators.base import Fault, Simulator
from reverse_etl.simulators.email import EmailSimulator
from reverse_etl.simulators.webhook import WebhookSimulator
from reverse_etl.spec import Sync
from tests.reverse_etl.conftest import AS_OF, Shop, engine
from tests.reverse_etl.counterparts import COUNTERPARTS, Held

MEMORY = Path("/dev/shm")  # a folder nobody waits for, where there is one
LATER = (("retry-after", "Wed, 01 Apr 2026 00:01:00 GMT"),)
FAULTS = [
    Fault(500),
    Fault(500, does_work=True),
    Fault(503, (("retry-after", "1"),)),
    Fault(429),
    Fault(429, LATER),
    Fault(400),
    Fault(401),
    Fault(404),
    Fault(cuts=True),
    Fault(cuts=True, does_work=True),
    Fault(200, body=b"<html>"),
    Fault(200, body=b"<html>", does_work=True),
    Fault(200, (("content-encoding", "gzip"),), b"<html>", does_work=True),
    Fault(200, body=b'{"results": [', does_work=True),
]
WAYS: dict[str, tuple[dict[str, str], Callable[[str | None], str | None]]] = {
    "as it is": ({"column": "first_name"}, lambda name: name),
    "loud": ({"column": "first_name", "normalise": "upper"}, lambda name: name and name.upper()),
    "never without": ({"column": "first_name", "fallback": "You"}, lambda name: name or "You"),
    "all alike": ({"constant": "You"}, lambda _name: "You"),
}
MODES = ("mirror", "upsert", "insert", "update", "list")


@dataclass
class Clock:
    """Says an instant, and moves on with each time it is asked."""

    now: datetime = datetime(2026, 4, 1, tzinfo=UTC)
    tick: timedelta = timedelta(seconds=1)

    def __call__(self) -> datetime:
        self.now += self.tick
        return self.now


@dataclass(frozen=True)
class SyncFile:
    """What is edited in the sync file."""

    mode: str
    on_exit: str
    way: str = "as it is"
    rows: int = 4


@dataclass
class World:
    """A shop, a sync and a destination, in a folder of their own."""

    place: str
    opened: ExitStack = field(default_factory=ExitStack)

    def __post_init__(self) -> None:
        memory = MEMORY if MEMORY.is_dir() else None
        root = Path(self.opened.enter_context(tempfile.TemporaryDirectory(dir=memory)))
        self.patch = self.opened.enter_context(pytest.MonkeyPatch.context())
        self.counterpart = self.opened.enter_context(COUNTERPARTS[self.place](root))
        self.shop, self.clock = Shop(root), Clock()
        self.context = SyncContext(
            *(root, self.shop.path, root / "state", AS_OF, self.counterpart.environment),
            retry=Retry(attempts=2),
            clock=self.clock,
            sleep=lambda _seconds: None,
        )
        if isinstance(self.simulator, Simulator):
            self.simulator.clock = itertools.count(step=1_000).__next__  # no rate is ever reached

    @property
    def simulator(self) -> Any:
        return self.counterpart.simulator

    @property
    def requests(self) -> int:
        return len(self.simulator.requests) if self.simulator else 0

    def modes(self) -> list[str]:
        """The modes that the destination offers for such a sync."""
        if self.counterpart.tells:
            return ["events"]
        offered = []
        for mode in MODES:
            with suppress(SyncError):
                self.sync(SyncFile(mode, "remove"))
                offered.append(mode)
        return offered

    def sync(self, file: SyncFile) -> Sync:
        """The sync as the file says; people go by their addresses."""
        mapping = {}
        for name, source in self.counterpart.document["mapping"].items():
            mapping[name] = {
                "customer_id": source | {"column": "email"},
                "first_name": WAYS[file.way][0],
            }.get(str(source["column"]), source)
        document = dict(self.counterpart.document) | {
            "key": "email",
            "mapping": mapping,
            "mode": file.mode,
            "on_exit": file.on_exit,
            "batch": {"max_rows": file.rows},
            "breakers": {"max_removed_share": 1, "max_changed_share": 1, "allow_empty": True},
        }
        self.file = self.shop.root / f"{document['sync']}.yml"
        self.file.write_text(yaml.safe_dump(document))
        return load_sync(self.file)

    def held(self) -> Held:
        """Who is there, by what stands before the @."""
        held = self.counterpart.held()
        return {key.removesuffix("@example.com"): name for key, name in held.items()}

    def told(self) -> set[str]:
        """The ids of what was told."""
        if isinstance(self.simulator, WebhookSimulator):
            return set(self.simulator.events)
        assert isinstance(self.simulator, EmailSimulator)
        return {letter.strip("<>").split("@")[0] for letter in self.simulator.letters}

    def check_ledger(self, sync: Sync) -> None:
        """One outcome a row, one acknowledgement a person, nobody lost in a run that was finished."""
        connection = engine()
        connection.execute(f"attach '{ledger_path(self.context.state_dir, sync.name)}' as ledger")
        try:
            connection.execute("use ledger")
            for query in NEVER:
                assert connection.execute(query).fetchall() == []
        finally:
            connection.execute("use memory; detach ledger")


NEVER = (
    "select run_id, row_number from outcomes group by all having count(*) > 1",
    "select target, key from acked group by all having count(*) > 1",
    """
    select plan_rows.run_id, plan_rows.row_number
    from plan_rows
    inner join run_ends on run_ends.run_id = plan_rows.run_id and run_ends.status = 'delivered'
    left join outcomes on outcomes.run_id = plan_rows.run_id and outcomes.row_number = plan_rows.row_number
    where plan_rows.kind <> 'same' and coalesce(outcomes.status, 'unknown') = 'unknown'
    """,
)
