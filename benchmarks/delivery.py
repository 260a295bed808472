"""Reverse ETL at speed: planning, delivering, an unchanged run; beside drt-core and dlt with the same rows and sink.

`python -m benchmarks.delivery` simulates an audience in a warehouse of its own. Planning runs in a process of its own,
for its memory. The sink is another process on loopback that reads each request and answers `ok`; every tool sends one
request of 1,000 rows at a time. Times begin with the first row read, without the tools' start.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import resource
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import dlt
import duckdb
import httpx
import pyarrow as pa
import yaml
from drt.config.credentials import DuckDBProfile
from drt.config.models import SyncConfig
from drt.destinations.rest_api import RestApiDestination
from drt.engine.sync import run_sync
from drt.sources.duckdb import DuckDBSource

from benchmarks.forecasts import seconds
from reverse_etl.context import SyncContext
from reverse_etl.loader import load_sync
from reverse_etl.simulators import SIMULATORS
from reverse_etl.spec import Sync
from reverse_etl.sync import apply_sync, plan_sync

AS_OF = date(2026, 3, 31)
BATCH = 1_000
TARGET = {"plan": 5, "unchanged": 3, "rows per second": 30_000, "gigabytes": 1, "share": 0.95}
PACED_ROWS, PACED_BATCH = 20_000, 10  # a vendor that takes a hundred requests a second
COLUMNS = (
    *("customer_id", "email", "first_name", "last_name", "country", "language", "spent", "score"),
    *("last_seen_at", "born_on", "is_member", "stage"),
)


@dataclass(frozen=True)
class Place:
    """A folder with a warehouse of one audience and a sync of it."""

    folder: Path
    sync: Sync

    @property
    def context(self) -> SyncContext:
        """What the sync is given."""
        return SyncContext(
            root=self.folder,
            warehouse=self.folder / "warehouse.duckdb",
            state_dir=self.folder / "state",
            as_of=AS_OF,
        )

    def rows(self, size: int) -> Iterator[list[dict[str, Any]]]:
        """The audience as lists of objects, for the other tools."""
        with duckdb.connect(str(self.context.warehouse), read_only=True) as warehouse:
            found = warehouse.execute(f"select {', '.join(COLUMNS)} from audiences.people")
            while batch := found.fetchmany(size):
                yield [dict(zip(COLUMNS, row, strict=True)) for row in batch]


def make_place(folder: Path, rows: int, destination: dict[str, Any]) -> Place:
    """Simulate an audience of so many people, and write a sync of it."""
    folder.mkdir()
    with duckdb.connect(str(folder / "warehouse.duckdb")) as warehouse:
        warehouse.execute("create schema audiences")
        warehouse.execute(_PEOPLE, {"rows": rows, "day": AS_OF})
        for statement in _FRAME:
            warehouse.execute(statement)
    document = {
        "version": 1,
        "sync": "people",
        "audience": "people",
        "key": "customer_id",
        "mapping": {_FIELDS.get(name, name): {"column": name} for name in COLUMNS},
    }
    path = folder / "people.yml"
    path.write_text(yaml.safe_dump(document | destination))
    return Place(folder, load_sync(path))


def webhook(url: str) -> dict[str, Any]:
    """A sync to the sink."""
    return {
        "destination": "webhook",
        "connection": {"base_url": url},
        "mode": "mirror",
        "batch": {"max_rows": BATCH},
    }


PACED = {
    "destination": "customerio",
    "connection": {"site_id": "simulated", "api_key": "${SIMULATED}"},
    "mode": "upsert",
    "batch": {"max_rows": PACED_BATCH},
}


class Sink(asyncio.Protocol):
    """Reads requests to their end and answers `ok`."""

    requests = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin with nothing."""
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._come = transport, bytearray()

    def data_received(self, data: bytes) -> None:
        """Answer each request that has come whole."""
        self._come += data
        while (end := self._come.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._come[:end]).lower()
            length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
            if len(self._come) < end + 4 + length:
                return
            del self._come[: end + 4 + length]
            Sink.requests += 1
            self._transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")


def _serve(pipe: Connection) -> None:
    async def forever() -> None:
        server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", 0)
        pipe.send(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
        await server.serve_forever()

    asyncio.run(forever())


@contextmanager
def sink() -> Iterator[str]:
    """The address of a sink in a process of its own."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join()


def _sell(sync: Sync, pipe: Connection) -> None:
    with SIMULATORS[sync.destination]() as vendor:
        pipe.send(vendor.connection(sync))
        pipe.recv()


@contextmanager
def simulated_vendor(sync: Sync) -> Iterator[Sync]:
    """The sync pointed at a simulator of its destination in a process of its own."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=_sell, args=(sync, theirs), daemon=True)
    process.start()
    try:
        yield replace(sync, connection=ours.recv())
    finally:
        process.terminate()
        process.join()


def in_its_own_process(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds and peak gigabytes of some work."""
    ours, theirs = multiprocessing.Pipe()

    def run() -> None:
        took = seconds(work)
        theirs.send((took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6))

    process = multiprocessing.get_context("fork").Process(target=run)
    process.start()
    took, peak = ours.recv()
    process.join()
    return took, peak


def by_drt(place: Place, url: str) -> Callable[[], object]:
    """The rows by drt-core's REST destination in batch mode."""
    config = SyncConfig.model_validate(
        {
            "name": "people",
            "model": f"select {', '.join(COLUMNS)} from audiences.people",
            "destination": {
                "type": "rest_api",
                "url": url,
                "body_mode": "batch",
                "batch_template": "{{ rows | tojson_safe }}",
            },
            "sync": {"batch_size": BATCH, "rate_limit": {"requests_per_second": 1e9}},
        }
    )
    profile = DuckDBProfile(type="duckdb", database=str(place.context.warehouse))
    return lambda: run_sync(config, DuckDBSource(), RestApiDestination(), profile, place.folder)


def by_dlt(place: Place, url: str, *, is_arrow: bool) -> Callable[[], object]:
    """The rows by a custom destination of dlt, from objects or from Arrow tables."""
    os.environ |= {"LOAD__WORKERS": "1", "RUNTIME__DLTHUB_TELEMETRY": "false"}

    client = httpx.Client()

    def post(items: list[dict[str, Any]], _table: Any) -> None:
        body = json.dumps(items, default=str).encode()
        client.post(url, content=body).raise_for_status()

    def arrow() -> Iterator[Any]:
        with duckdb.connect(str(place.context.warehouse), read_only=True) as warehouse:
            found = warehouse.sql(f"select {', '.join(COLUMNS)} from audiences.people")
            for batch in found.to_arrow_reader(50_000):
                yield pa.Table.from_batches([batch])

    pipeline = dlt.pipeline(
        f"people_{is_arrow}".lower(),
        destination=dlt.destination(
            post,
            batch_size=BATCH,
            loader_file_format="parquet" if is_arrow else "typed-jsonl",
            name="sink",
            naming_convention="direct",
        ),
        pipelines_dir=str(place.folder / f"dlt_{is_arrow}"),
    )
    return lambda: pipeline.run(arrow() if is_arrow else place.rows(50_000), table_name="people")


def arguments() -> argparse.Namespace:
    """How many rows are planned and delivered, and how many the other tools deliver."""
    parser = argparse.ArgumentParser(prog="benchmarks.delivery", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--compared", type=int, default=100_000)
    parser.add_argument("--paced", type=int, default=PACED_ROWS)
    return parser.parse_args()


def large(folder: Path, rows: int, url: str) -> None:
    """Plan, deliver and plan again."""
    place = make_place(folder, rows, webhook(url))
    planning, peak = in_its_own_process(lambda: plan_sync(place.sync, place.context))
    print(
        f"{'plan, everybody new':40}{planning:8.2f} s   (target {TARGET['plan']} s)"
        f"{peak:8.2f} GB   (target {TARGET['gigabytes']} GB)"
    )
    delivering = seconds(lambda: apply_sync(place.sync, place.context))
    print(
        f"{'deliver everybody':40}{delivering:8.2f} s   {rows / delivering:,.0f} rows a second"
        f"   (target {TARGET['rows per second']:,})"
    )
    again, _ = in_its_own_process(lambda: plan_sync(place.sync, place.context))
    requests = plan_sync(place.sync, place.context).requests
    print(
        f"{'plan, nobody changed':40}{again:8.2f} s   (target {TARGET['unchanged']} s)"
        f"   {requests} requests"
    )


def compared(folder: Path, rows: int, url: str) -> None:
    """The same rows by each tool, once and once more without a change."""
    place = make_place(folder, rows, webhook(url))
    tools: dict[str, Callable[[], object]] = {
        "perennial": lambda: apply_sync(place.sync, place.context),
        "drt-core": by_drt(place, url),
        "dlt, objects": by_dlt(place, url, is_arrow=False),
        "dlt, Arrow": by_dlt(place, url, is_arrow=True),
    }
    print(f"\n{rows:,} rows in requests of {BATCH:,}, one at a time")
    ours = 0.0
    for name, work in tools.items():
        first, second = seconds(work), seconds(work)
        ours = ours or first
        print(
            f"{name:40}{first:8.2f} s   {rows / first:9,.0f} rows a second   perennial is {first / ours:4.2f}"
            f" times as fast   again, unchanged {second:6.2f} s"
        )


def paced(folder: Path, rows: int) -> None:
    """How much of a vendor's rate is used."""
    place = make_place(folder, rows, PACED)
    requests = -(-rows // PACED_BATCH)
    with simulated_vendor(place.sync) as sync:
        rates = plan_sync(sync, place.context).least_seconds
        took = seconds(lambda: apply_sync(sync, place.context))
    print(
        f"\n{requests:,} requests at a simulated vendor's rate: {took:.2f} s of at least {rates:.2f} s,"
        f" {rates / took:.1%} of the rate   (target {TARGET['share']:.0%})"
    )


def main() -> None:
    """Measure and print."""
    given = arguments()
    print(f"{given.rows:,} rows, duckdb {duckdb.__version__}, {os.cpu_count()} cores\n")
    with tempfile.TemporaryDirectory(prefix="perennial-bench-") as name, sink() as url:
        large(Path(name) / "large", given.rows, url)
        paced(Path(name) / "paced", given.paced)
        compared(Path(name) / "compared", given.compared, url)


_FIELDS = {"customer_id": "id"}
_PEOPLE = """
create table audiences.people as
select
    'c' || i as customer_id,
    'somebody' || i || '@example.com' as email,
    'First' || i % 1000 as first_name,
    'Last' || i % 5000 as last_name,
    ['DE', 'FR', 'TR', 'US', 'JP'][1 + i % 5] as country,
    ['de', 'fr', 'tr', 'en', 'ja'][1 + i % 5] as language,
    cast(i % 1000 as decimal(18, 4)) as spent,
    i % 997 / 997e0 as score,
    timestamp '2026-01-01' + to_minutes(i % 100000) as last_seen_at,
    date '1980-01-01' + cast(i % 10000 as integer) as born_on,
    i % 2 = 0 as is_member,
    'stage' || i % 7 as stage,
    cast(1 as bigint) as entry_seq,
    'a' as arm,
    'email' as contact_channel,
    $day as as_of_date
from range($rows) as people (i)
"""
_FRAME = (
    "create table audiences.current_blocks (customer_id varchar, channel varchar, purpose varchar, reason varchar)",
    "create table audiences.audience_settings as"
    " select 'people' as audience, 'newsletter' as purpose, true as needs_contact",
    "create table audiences.audience_runs as"
    f" select date '{AS_OF}' as as_of_date, 'people' as audience, 'pass' as verdict, cast(null as varchar) as reason",
)


if __name__ == "__main__":
    main()
