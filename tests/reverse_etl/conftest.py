"""A tiny warehouse with the `audiences` schema, and the means to edit it between runs."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from reverse_etl.context import Retry, SyncContext
from reverse_etl.loader import load_sync
from reverse_etl.simulators.webhook import WebhookSimulator
from reverse_etl.spec import Sync
from tests.reverse_etl.trytond_server import Crm, trytond

pytest.register_assert_rewrite(
    *(f"tests.reverse_etl.{name}" for name in ("counterparts", "histories", "world"))
)

AS_OF = date(2026, 3, 31)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
WEBHOOK = {
    "version": 1,
    "sync": "people_to_webhook",
    "audience": "people",
    "destination": "webhook",
    "connection": {"base_url": "http://127.0.0.1:9/hook", "signing_secret": "${HOOK_SECRET}"},
    "mode": "mirror",
    "key": "customer_id",
    "mapping": {
        "external_id": {"column": "customer_id"},
        "email": {"column": "email", "normalise": "email"},
        "first_name": {"column": "first_name", "fallback": ""},
        "source": {"constant": "perennial"},
    },
    "batch": {"max_rows": 4},
    "breakers": {"max_removed_share": 1, "max_changed_share": 1, "max_rejected_share": 1},
}
FILE = WEBHOOK | {
    "sync": "people_to_file",
    "destination": "file",
    "connection": {"path": "out", "format": "csv"},
    "mapping": {
        "id": {"column": "customer_id"},
        "email": {"column": "email", "normalise": "email"},
        "spent": {"column": "spent"},
        "last_seen_at": {"column": "last_seen_at"},
    },
}


class Shop:
    """A folder with a warehouse of one audience, `people`; every edit replaces what was there."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.path = root / "warehouse.duckdb"
        self.blocks: list[tuple[str, str, str, str]] = []
        self.day = AS_OF
        self.verdict: tuple[str, str | None] | None = ("pass", None)
        self.needs_contact = True

    def people(self, rows: list[dict[str, Any]]) -> None:
        frame = {"entry_seq": 1, "contact_channel": "email", "as_of_date": self.day}
        full = [frame | row for row in rows]
        names = list(dict.fromkeys(name for row in full for name in row))
        with self._warehouse() as connection:
            connection.execute(
                """
                create schema if not exists audiences;
                create or replace table audiences.people (
                    customer_id varchar, email varchar, first_name varchar, spent decimal(18, 4), score double,
                    last_seen_at timestamp, born_on date, is_member boolean, entry_seq bigint, arm varchar,
                    contact_channel varchar, as_of_date date
                )
                """
            )
            if full:
                row = f"({', '.join('?' for _ in names)})"
                connection.execute(
                    f"insert into audiences.people ({', '.join(names)}) values {', '.join([row] * len(full))}",
                    [row.get(name) for row in full for name in names],
                )
            self._frame(connection)

    @contextmanager
    def _warehouse(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The warehouse, open for writing."""
        connection = engine()
        connection.execute(f"attach '{self.path}' as shop; use shop")
        try:
            yield connection
        finally:
            connection.execute("use memory; detach shop")

    def _frame(self, connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute(
            """
            create or replace table audiences.current_blocks
                (customer_id varchar, channel varchar, purpose varchar, reason varchar);
            create or replace table audiences.audience_runs
                (as_of_date date, audience varchar, verdict varchar, reason varchar);
            """
        )
        for block in self.blocks:
            connection.execute("insert into audiences.current_blocks values (?, ?, ?, ?)", block)
        connection.execute(
            "create or replace table audiences.audience_settings as"
            " select 'people' as audience, 'newsletter' as purpose, cast(? as boolean) as needs_contact",
            [self.needs_contact],
        )
        if self.verdict is not None:
            connection.execute(
                "insert into audiences.audience_runs values (?, 'people', ?, ?)",
                [self.day, *self.verdict],
            )

    def named(self, *names: str, **values: Any) -> None:
        """People with ids, an e-mail address each."""
        self.people([{"customer_id": n, "email": f"{n}@example.com"} | values for n in names])


@cache
def engine() -> duckdb.DuckDBPyConnection:
    """DuckDB itself, which takes longer to start than to write a tiny warehouse."""
    return duckdb.connect()


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


@pytest.fixture
def waits() -> list[float]:
    """Seconds slept."""
    return []


@pytest.fixture
def context(shop: Shop, waits: list[float]) -> SyncContext:
    return SyncContext(
        root=shop.root,
        warehouse=shop.path,
        state_dir=shop.root / "state",
        as_of=AS_OF,
        environment={"HOOK_SECRET": SECRET},
        clock=lambda: datetime.now(UTC),
        sleep=waits.append,
        retry=Retry(attempts=3, first_wait=0.01),
    )


@pytest.fixture
def receiver() -> Iterator[WebhookSimulator]:
    with WebhookSimulator(secret=SECRET) as receiver:
        yield receiver


MakeSync = Callable[..., Sync]


@pytest.fixture
def make_sync(tmp_path: Path) -> MakeSync:
    """Write a sync file and load it; keywords replace its keys, None removes one."""

    def make(base: Mapping[str, Any] = WEBHOOK, **keys: Any) -> Sync:
        document = {key: value for key, value in (dict(base) | keys).items() if value is not None}
        folder = tmp_path / "syncs"
        folder.mkdir(exist_ok=True)
        path = folder / f"{base['sync']}.yml"
        path.write_text(yaml.safe_dump(document, sort_keys=False))
        return load_sync(path)

    return make


@pytest.fixture
def hook(make_sync: MakeSync, receiver: WebhookSimulator) -> Sync:
    """The webhook sync, pointed at the receiver."""
    sync = make_sync()
    return replace(sync, connection=sync.connection | {"base_url": receiver.url})


@pytest.fixture(scope="session")
def crm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crm]:
    """A real Tryton server, set up once."""
    with trytond(tmp_path_factory.mktemp("trytond")) as crm:
        yield crm
