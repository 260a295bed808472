"""An audience as a file: what a spreadsheet would run as a formula, and what a person gets instead."""

import csv
from pathlib import Path

import duckdb
import pytest

from audiences.errors import InputError, WorkError
from audiences.tools.export import export

HARMFUL = [
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-2+3+cmd",
    "@SUM(A1)",
    "\tx",
    "\rx",
    "\nx",
    " =1+1",
    '"=1+1',
    "\u00a0=1+1",
    "\uff1d1+1",
    '=HYPERLINK("http://example.com","x, y")',
    "+49-30=1",
    "-",
]
HARMLESS = ["Ada", "a=b", "", "'=1", "+4930123456", "-12.5", "1,5", "O'Neill", "x\n=1", '"', None]


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    file = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute("create schema audiences")
        connection.execute(
            "create table audiences.buyers (customer_id varchar, first_name varchar, n int)"
        )
        rows = [(f"c{n:02}", text, -n) for n, text in enumerate([*HARMFUL, *HARMLESS])]
        connection.executemany("insert into audiences.buyers values (?, ?, ?)", rows)
    return file


def test_a_csv_runs_no_formula(warehouse: Path, tmp_path: Path) -> None:
    target = tmp_path / "it's buyers.csv"
    assert export(warehouse, "buyers", target) == len(HARMFUL) + len(HARMLESS)
    with target.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["customer_id", "first_name", "n"]
    names = [row[1] for row in rows[1:]]
    assert names == [f"'{text}" for text in HARMFUL] + [text or "" for text in HARMLESS]
    assert [row[2] for row in rows[1:3]] == ["0", "-1"]
    assert list(tmp_path.glob(".*unfinished")) == []


def test_a_parquet_holds_the_values_as_they_are(warehouse: Path, tmp_path: Path) -> None:
    target = tmp_path / "buyers.parquet"
    export(warehouse, "buyers", target)
    names = duckdb.read_parquet(str(target)).order("customer_id").project("first_name").fetchall()
    assert [name for (name,) in names] == [*HARMFUL, *HARMLESS]


def test_what_cannot_be_written_is_said(warehouse: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such format"):
        export(warehouse, "buyers", tmp_path / "buyers.xlsx")
    with pytest.raises(InputError, match="folder does not exist"):
        export(warehouse, "buyers", tmp_path / "nowhere" / "buyers.csv")
    with pytest.raises(WorkError, match="not in the warehouse"):
        export(warehouse, "nobody", tmp_path / "nobody.csv")
