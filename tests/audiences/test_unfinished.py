"""What a process that was killed left beside a file."""

import os
from pathlib import Path

import pytest

from audiences.unfinished import beside, sweep

GONE = 2**22 + 1  # above the highest process id


def leave(folder: Path, process: int | str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    left = folder / f".rows.parquet.{process}.unfinished"
    left.write_text("somebody")
    return left


@pytest.mark.parametrize(
    ("process", "stays"),
    [(GONE, False), (os.getpid(), False), (1, True)],
    ids=["gone", "an earlier one of our number", "running"],
)
def test_what_nobody_writes_any_more_is_swept(tmp_path: Path, process: int, stays: bool) -> None:
    left = leave(tmp_path / "memberships" / "as_of=2026-03-31", process)
    kept = left.with_name("rows.parquet")
    kept.write_text("everybody")
    sweep(tmp_path)
    assert (left.exists(), kept.exists()) == (stays, True)


def test_a_database_is_swept_with_what_lies_beside_it(tmp_path: Path) -> None:
    (tmp_path / f".sync.duckdb.{GONE}.unfinished.tmp").mkdir()
    (tmp_path / f".sync.duckdb.{GONE}.unfinished.wal").write_text("somebody")
    sweep(tmp_path)
    assert list(tmp_path.iterdir()) == []
    sweep(tmp_path / "nothing there")


def test_what_is_begun_lies_beside_its_target(tmp_path: Path) -> None:
    beside(tmp_path / "list.csv").write_text("begun")
    sweep(tmp_path)
    assert list(tmp_path.iterdir()) == []
