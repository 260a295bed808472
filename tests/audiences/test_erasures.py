"""Tombstones name nobody and know everybody; the state keeps its counts and loses the person."""

from datetime import date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from audiences.erasures import bury, load_forgotten, sweep_state, tombstone_files, tombstones
from audiences.state import write_day

DAY = date(2026, 3, 31)
NOW = datetime(2026, 4, 1, 9)
ADA, BEN = "customer-ada", "customer-ben"


def fill(state: Path) -> None:
    rows = pa.table({"audience": ["a", "a", "b"], "customer_id": [ADA, BEN, ADA]})
    for ledger in ("assignments", "memberships", "waits", "receipts"):
        write_day(state, ledger, DAY, rows)
    write_day(state, "memberships", date(2026, 3, 30), rows.slice(1, 1))
    write_day(state, "gate_verdicts", DAY, pa.table({"audience": ["a"], "matched": [2]}))


def ids(state: Path, ledger: str) -> list[str | None]:
    files = sorted((state / ledger).glob("as_of=*/*.parquet"))
    return [
        value for file in files for value in pq.ParquetFile(file).read()["customer_id"].to_pylist()
    ]


def test_a_tombstone_names_nobody_and_is_written_once(tmp_path: Path) -> None:
    assert bury(tmp_path, [ADA], NOW) == 1
    assert bury(tmp_path, [ADA], NOW) == 0
    assert bury(tmp_path, [ADA, BEN], NOW) == 1
    assert len(tombstones(tmp_path)) == 2
    assert len({key for key, _ in tombstones(tmp_path)}) == 1
    for file in tombstone_files(tmp_path):
        assert b"customer-" not in file.read_bytes()


def test_two_states_have_different_keys(tmp_path: Path) -> None:
    bury(tmp_path / "one", [ADA], NOW)
    bury(tmp_path / "two", [ADA], NOW)
    assert tombstones(tmp_path / "one") != tombstones(tmp_path / "two")


def test_people_are_told_by_their_tombstone_under_any_key(tmp_path: Path) -> None:
    bury(tmp_path / "one", [ADA], NOW)
    bury(tmp_path / "two", [BEN], NOW)
    [file] = tombstone_files(tmp_path / "two")
    file.rename(tombstone_files(tmp_path / "one")[0].with_name("merged.parquet"))
    assert bury(tmp_path / "one", [ADA, BEN], NOW) == 0
    with duckdb.connect() as connection:
        people = f"select unnest(['{ADA}', '{BEN}', 'customer-cem', null, '{ADA}']) as customer_id"
        assert load_forgotten(connection, tmp_path / "one", people) == 2
        assert connection.sql("from forgotten order by 1").fetchall() == [(ADA,), (BEN,)]
        assert load_forgotten(connection, tmp_path / "none", "not asked while nobody is") == 0


def test_the_state_loses_the_person_and_keeps_counts(tmp_path: Path) -> None:
    fill(tmp_path)
    killed = tmp_path / "memberships" / f".rows.parquet.{2**22 + 1}.unfinished"
    killed.write_text(ADA)
    bury(tmp_path, [ADA], NOW)
    assert sweep_state(tmp_path) == {
        "assignments": 2, "memberships": 2, "receipts": 2, "waits": 2,
    }  # fmt: skip
    for ledger in ("assignments", "waits"):
        assert ids(tmp_path, ledger) == [BEN]
    assert ids(tmp_path, "memberships") == [BEN, BEN]
    assert ids(tmp_path, "receipts") == [None, BEN, None]
    for file in tmp_path.rglob("*"):
        assert file.is_dir() or ADA.encode() not in file.read_bytes(), file


def test_sweeping_again_touches_nothing(tmp_path: Path) -> None:
    fill(tmp_path)
    bury(tmp_path, [ADA], NOW)
    sweep_state(tmp_path)
    before = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*.parquet")}
    assert sweep_state(tmp_path) == {}
    assert {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*.parquet")} == before
    assert sweep_state(tmp_path / "nothing there") == {}
