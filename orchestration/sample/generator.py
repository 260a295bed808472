"""Runs the SQL of the sample shop: global tables once, the large ones customer chunk by customer chunk, so that memory
does not grow with the shop. Everything is computed in DuckDB; here is only the order of things."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb

from orchestration.sample.shipped import create_shipped_arms
from orchestration.sample.writer import ShopWriter, quoted

SQL = Path(__file__).parent / "sql"
CHUNK = 100_000
MEMORY_LIMIT = "5GB"

Report = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Shop:
    """What shop to generate.

    Attributes:
        customers: Number of customers.
        months: How long the shop has existed.
        seed: Another seed, another shop of the same kind.
        end: The last day anything happened.
        chunk: Customers worked on at a time.
    """

    customers: int
    months: int
    seed: int
    end: date
    chunk: int = CHUNK

    @property
    def end_at(self) -> datetime:
        """Midnight after the last day."""
        return datetime.combine(self.end + timedelta(days=1), datetime.min.time())

    @property
    def start_at(self) -> datetime:
        """Midnight of the first day: that many months before the end."""
        month = self.end_at.year * 12 + self.end_at.month - 1 - self.months
        first = date(month // 12, month % 12 + 1, 1)
        return datetime.combine(first, datetime.min.time()) + timedelta(
            days=min(self.end_at.day, 28) - 1
        )

    def chunks(self) -> Iterator[tuple[int, int]]:
        """First and last customer number of each chunk."""
        for first in range(1, self.customers + 1, self.chunk):
            yield first, min(first + self.chunk - 1, self.customers)


def write_shop(shop: Shop, folder: Path, report: Report) -> dict[str, int]:
    """Write all raw tables and their truth into an empty folder.

    Args:
        shop: What shop.
        folder: The folder; also used for temporary files.
        report: Called with what was done, steps done and steps in all.

    Returns:
        Rows written, by table.
    """
    chunks = list(shop.chunks())
    with duckdb.connect(config={"memory_limit": MEMORY_LIMIT}) as connection:
        _prepare(connection, shop, folder / ".spill")
        writer = ShopWriter(connection, folder, in_parts=len(chunks) > 1)
        _run(connection, "0*.sql")
        create_shipped_arms(connection)
        writer.write_tables()
        report("customers, products, campaigns", 1, len(chunks) + 1)
        for number, (first, last) in enumerate(chunks, start=1):
            connection.execute(f"set variable chunk_from = {first}; set variable chunk_to = {last}")
            _run(connection, "[1-9]*.sql")
            writer.write_tables(part=number)
            writer.keep_truth()
            report(f"orders, messages, events to customer {last:,}", number + 1, len(chunks) + 1)
        writer.write_truth()
    return writer.rows


def _prepare(connection: duckdb.DuckDBPyConnection, shop: Shop, spill: Path) -> None:
    connection.execute(f"set temp_directory = {quoted(spill)}")
    for name, value in {
        "seed": f"'{shop.seed}'",
        "customers": f"{shop.customers}::double",
        "days": f"{(shop.end_at - shop.start_at).days}::double",
        "start_at": f"timestamp '{shop.start_at}'",
        "end_at": f"timestamp '{shop.end_at}'",
        "start_second": f"epoch(timestamp '{shop.start_at}')::bigint",
        "chunk_from": "0",
        "chunk_to": "0",
    }.items():
        connection.execute(f"set variable {name} = {value}")


def _run(connection: duckdb.DuckDBPyConnection, pattern: str) -> None:
    for file in sorted(SQL.glob(pattern)):
        connection.execute(file.read_text(encoding="utf-8"))
