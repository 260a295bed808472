"""An audience as a file: what a spreadsheet would run as a formula, and what a person gets instead."""

import csv
import stat
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from audiences.erasures import bury
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
            "create table audiences.buyers"
            " (customer_id varchar, first_name varchar, n int, contact_channel varchar)"
        )
        rows = [(f"c{n:02}", text, -n, "email") for n, text in enumerate([*HARMFUL, *HARMLESS])]
        connection.executemany("insert into audiences.buyers values (?, ?, ?, ?)", rows)
        connection.execute(
            """
            create table audiences.deleted as from audiences.buyers;
            create table audiences.report as
            select 'c' || i as customer_id, null as contact_channel from range(3) as t(i);
            create table audiences.audience_settings as
            from (values ('buyers', 'newsletter'), ('report', 'newsletter'), ('unbuilt', 'newsletter'))
                as settings(audience, purpose);
            create table audiences.current_blocks
                (customer_id varchar, channel varchar, purpose varchar, reason varchar);
            """
        )
    return file


def test_a_csv_runs_no_formula(warehouse: Path, tmp_path: Path) -> None:
    target = tmp_path / "it's buyers.csv"
    assert export(warehouse, tmp_path, "buyers", target) == len(HARMFUL) + len(HARMLESS)
    with target.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["customer_id", "first_name", "n", "contact_channel"]
    names = [row[1] for row in rows[1:]]
    assert names == [f"'{text}" for text in HARMFUL] + [text or "" for text in HARMLESS]
    assert [row[2] for row in rows[1:3]] == ["0", "-1"]
    assert list(tmp_path.glob(".*unfinished")) == []


def test_a_parquet_holds_the_values_as_they_are(warehouse: Path, tmp_path: Path) -> None:
    target = tmp_path / "buyers.parquet"
    export(warehouse, tmp_path, "buyers", target)
    names = duckdb.read_parquet(str(target)).order("customer_id").project("first_name").fetchall()
    assert [name for (name,) in names] == [*HARMFUL, *HARMLESS]


def test_what_cannot_be_written_is_said(warehouse: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such format"):
        export(warehouse, tmp_path, "buyers", tmp_path / "buyers.xlsx")
    with pytest.raises(InputError, match="folder does not exist"):
        export(warehouse, tmp_path, "buyers", tmp_path / "nowhere" / "buyers.csv")
    for name in ("nobody", "deleted", "unbuilt"):
        with pytest.raises(WorkError, match=f"{name} is not in the warehouse"):
            export(warehouse, tmp_path, name, tmp_path / "nobody.csv")


def test_who_may_not_be_contacted_is_not_handed_out(warehouse: Path, tmp_path: Path) -> None:
    bury(tmp_path, ["c00", "c1"], datetime(2026, 4, 1))
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            """
            insert into audiences.current_blocks values
                ('c01', 'email', 'newsletter', 'withdrawn'), ('c02', 'push', 'newsletter', 'withdrawn'),
                ('c03', 'email', 'surveys', 'withdrawn'), ('c04', 'email', 'newsletter', 'erased'),
                ('c0', 'email', 'newsletter', 'withdrawn'), ('c2', 'email', 'newsletter', 'erased')
            """
        )
    target = tmp_path / "buyers.parquet"
    export(warehouse, tmp_path, "buyers", target)
    left_out = {f"c{n:02}" for n in range(25)} - {
        person for (person,) in duckdb.read_parquet(str(target)).project("customer_id").fetchall()
    }
    assert left_out == {"c00", "c01", "c04"}
    export(warehouse, tmp_path, "report", tmp_path / "report.csv")
    assert (tmp_path / "report.csv").read_text().split() == ["customer_id,contact_channel", "c0,"]


@pytest.mark.parametrize("name", ["buyers.csv", "buyers.parquet"])
def test_its_owner_alone_may_read_the_file(warehouse: Path, tmp_path: Path, name: str) -> None:
    export(warehouse, tmp_path, "buyers", tmp_path / name)
    assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
