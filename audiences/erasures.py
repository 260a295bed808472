"""People who were forgotten, as keyed hashes in the state folder, and the state without them.

A tombstone is SHA-256 of a random key, a colon and the id. It names nobody, and yet tells the person when they come
with another raw load: the raw views (macros/erasures.sql) and the syncs look them up.
"""

import hashlib
import os
import secrets
import uuid
from collections.abc import Collection
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from audiences.unfinished import beside, sweep

COUNTED = frozenset({"receipts"})
"""Ledgers whose rows are counts too: there the row stays, without the person."""


def tombstone_files(state_dir: Path) -> list[Path]:
    """The files that hold tombstones."""
    return sorted((state_dir / "erasures").glob("as_of=*/*.parquet"))


def tombstones(state_dir: Path) -> set[tuple[str, str]]:
    """Key and hash of everybody who was forgotten."""
    found = set()
    for file in tombstone_files(state_dir):
        rows = pq.ParquetFile(file).read(["hash_key", "customer_hash"]).to_pylist()
        found |= {(row["hash_key"], row["customer_hash"]) for row in rows}
    return found


def bury(state_dir: Path, customer_ids: Collection[str], now: datetime) -> int:
    """Write a tombstone for everybody who has none yet; they are suppressed from here on.

    Args:
        state_dir: The state folder.
        customer_ids: Ids as staging has them, without blanks at their ends.
        now: When they asked, UTC without a zone.

    Returns:
        How many were new.
    """
    known = tombstones(state_dir)
    keys = {key for key, _ in known} or {secrets.token_hex(32)}
    new = {
        _hash(min(keys), customer_id)
        for customer_id in customer_ids
        if not any((key, _hash(key, customer_id)) in known for key in keys)
    }
    if new:
        rows = pa.table(
            {
                "hash_key": [min(keys)] * len(new),
                "customer_hash": sorted(new),
                "requested_at": pa.array([now] * len(new), pa.timestamp("us")),
            }
        )
        day = state_dir / "erasures" / f"as_of={now.date().isoformat()}"
        day.mkdir(parents=True, exist_ok=True)
        # A file of its own: two requests at the same time do not overwrite each other.
        _replace(day / f"{uuid.uuid4().hex}.parquet", rows)
    return len(new)


def _hash(key: str, customer_id: str) -> str:
    return hashlib.sha256(f"{key}:{customer_id}".encode()).hexdigest()


def load_forgotten(
    connection: duckdb.DuckDBPyConnection, state_dir: Path, people: str, table: str = "forgotten"
) -> int:
    """Put those of `people` who were forgotten into a temporary table with one column, customer_id.

    Args:
        connection: Where the people are.
        state_dir: The state folder.
        people: A query that gives customer_id; it is not run while nobody was forgotten.
        table: Name of the temporary table.

    Returns:
        How many there are.
    """
    connection.execute(f"create or replace temp table {table} (customer_id varchar)")
    files = [str(file) for file in tombstone_files(state_dir)]
    if files:
        connection.execute(
            f"""
            insert into {table}
            with erasures as (select hash_key, customer_hash from read_parquet($files))
            select people.customer_id
            from (select distinct customer_id from ({people}) as named) as people
            cross join (select distinct hash_key from erasures) as hash_keys
            where exists (
                select 1 from erasures
                where erasures.hash_key = hash_keys.hash_key
                    and erasures.customer_hash = sha256(hash_keys.hash_key || ':' || people.customer_id)
            )
            """,
            {"files": files},
        )
    [(people_found,)] = connection.execute(f"select count(*) from {table}").fetchall()
    return int(people_found)


def sweep_state(state_dir: Path) -> dict[str, int]:
    """Take everybody who was forgotten out of the ledgers; each file is replaced by one rename.

    What runs that were killed left unfinished may name them too, and goes as a whole.

    Returns:
        Rows per ledger that named them.
    """
    sweep(state_dir)
    removed: dict[str, int] = {}
    for folder in sorted(state_dir.iterdir()) if state_dir.is_dir() else []:
        files = sorted(folder.glob("as_of=*/*.parquet")) if folder.name != "erasures" else []
        named = [file for file in files if "customer_id" in pq.read_schema(file).names]
        if named and (rows := _sweep(state_dir, folder.name, named)):
            removed[folder.name] = rows
    return removed


def _sweep(state_dir: Path, ledger: str, files: list[Path]) -> int:
    with duckdb.connect() as connection:
        paths = ", ".join("'" + str(file).replace("'", "''") + "'" for file in files)
        people = f"select customer_id from read_parquet([{paths}], union_by_name = true)"
        if not load_forgotten(connection, state_dir, people):
            return 0
        forgotten = connection.sql("select customer_id from forgotten").to_arrow_table()
    ids = forgotten["customer_id"].combine_chunks()
    return sum(_rewrite(file, ids, keep_row=ledger in COUNTED) for file in files)


def _rewrite(file: Path, ids: pa.Array, keep_row: bool) -> int:
    """Replace a file by one that names none of the people; how many of its rows did."""
    rows = pq.ParquetFile(file).read()
    names = rows["customer_id"]
    is_named = pc.is_in(names, value_set=ids.cast(names.type))
    found = int(pc.sum(is_named).as_py() or 0)
    if not found:
        return 0
    if keep_row:
        nobody = pc.if_else(is_named, pa.scalar(None, names.type), names)
        _replace(
            file, rows.set_column(rows.schema.get_field_index("customer_id"), "customer_id", nobody)
        )
    else:
        _replace(file, rows.filter(pc.invert(is_named)))
    return found


def _replace(file: Path, rows: pa.Table) -> None:
    unfinished = beside(file)
    pq.write_table(rows, unfinished)
    os.replace(unfinished, file)
