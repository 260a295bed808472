"""One published number beside ours, and how a test builds our models on invented or published rows."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd

from orchestration.settings import ROOT
from tests.statistics.sql import model

DATA = ROOT.parent / "shared" / "data"

Warehouse = duckdb.DuckDBPyConnection


@dataclass(frozen=True)
class Anchor:
    """One published number, as printed, and ours."""

    quantity: str
    published: str
    ours: float

    @property
    def digits(self) -> int:
        """Digits printed after the point."""
        return len(self.published.partition(".")[2])

    @property
    def holds(self) -> bool:
        """Whether ours, rounded to the digits printed, is the published number."""
        return round(self.ours, self.digits) == float(self.published)


@dataclass(frozen=True)
class Subject:
    """Anchors of one source and how to compute them; `data` is the file they need, if any."""

    title: str
    source: str
    compute: Callable[[], list[Anchor]]
    data: Path | None = None


def build(warehouse: Warehouse, names: Iterable[str], **options: object) -> None:
    """Make the tables of models, one after the other, from tables that are there."""
    for name in names:
        warehouse.execute(f"create table {name} as {model(name, **options)}")


def fill(warehouse: Warehouse, table: str, columns: str, rows: Sequence[Sequence[object]]) -> None:
    """Make a table of invented or published rows. `columns` are names with types, as in SQL."""
    warehouse.execute(f"create table {table} ({columns})")
    warehouse.register("given_rows", pd.DataFrame(rows))
    warehouse.execute(f"insert into {table} select * from given_rows")
    warehouse.unregister("given_rows")


def matched(names: Sequence[str], published: Sequence[str], ours: Sequence[float]) -> list[Anchor]:
    """Anchors of parallel lists."""
    return [Anchor(*each) for each in zip(names, published, ours, strict=True)]


def one_row(warehouse: Warehouse, query: str) -> tuple[float, ...]:
    """The only row of a query."""
    [row] = warehouse.execute(query).fetchall()
    return row
