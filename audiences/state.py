"""The state folder: what cannot be recomputed, as Parquet, one folder a ledger and day (design law 8)."""

import os
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from audiences.unfinished import beside

LEDGERS = ("assignments", "memberships", "waits", "gate_verdicts")


def day_file(state_dir: Path, ledger: str, as_of: date) -> Path:
    """Where a ledger keeps the rows of a day."""
    return state_dir / ledger / f"as_of={as_of.isoformat()}" / "rows.parquet"


def write_day(state_dir: Path, ledger: str, as_of: date, rows: pa.Table) -> Path:
    """Write the rows decided on a day, replacing what an earlier run of that day wrote.

    The rows become visible by one rename, so that a reader or a crash sees the old file or the new one.

    Args:
        state_dir: The state folder.
        ledger: Name of the ledger, for example `memberships`.
        as_of: The day.
        rows: The rows, without the day column (it is the folder's name).

    Returns:
        The Parquet file.
    """
    target = day_file(state_dir, ledger, as_of)
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = beside(target)
    pq.write_table(rows, unfinished)
    os.replace(unfinished, target)
    return target


def days(state_dir: Path, ledgers: Iterable[str] = LEDGERS) -> list[date]:
    """All days on which any of the ledgers holds rows, oldest first."""
    found = {
        date.fromisoformat(folder.parent.name.removeprefix("as_of="))
        for ledger in ledgers
        for folder in (state_dir / ledger).glob("as_of=*/*.parquet")
    }
    return sorted(found)
