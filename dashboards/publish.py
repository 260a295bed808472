"""Publish: aggregates from the warehouse become Parquet files that anybody may read.

The warehouse is open read-only only while the marts are copied out. Only columns the registry names
leave it, and rows about fewer people than the minimum group are withheld: their figures become null
and `is_withheld` is true. Where that leaves a row that could be had by subtracting its visible
siblings from the total over everyone, the next smallest siblings are withheld too, until at least
two rows, about at least a minimum group together, are missing. Nothing here renders a page.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from audiences.errors import WorkError
from dashboards.registry import Registry, load_registry

KEEP = 3  # versions kept, so that a reader is never left without its files


def publish(warehouse: Path, site_dir: Path, as_of: date, registry: Registry | None = None) -> Path:
    """Write the published aggregates of one day and make them current.

    Args:
        warehouse: The DuckDB warehouse.
        site_dir: Folder of the built dashboards; files go to its folder `published`.
        as_of: The last day the data covers.
        registry: The metric registry; the project's own unless given.

    Returns:
        The folder of the published version; `published/current` links to it.

    Raises:
        InputError: The warehouse lacks a mart or column of the registry.
        WorkError: The warehouse cannot be opened.
    """
    registry = registry or load_registry()
    tables = {
        name: withhold(registry, name, rows) for name, rows in _read(warehouse, registry).items()
    }
    return _write(site_dir / "published", as_of, tables)


def withhold(registry: Registry, mart: str, rows: pa.Table) -> pa.Table:
    """The mart's rows without the figures of small groups and what would give them away."""
    with duckdb.connect() as connection:
        connection.register("mart", rows)
        return connection.sql(_withhold_sql(registry, mart)).to_arrow_table()


def _withhold_sql(registry: Registry, name: str) -> str:
    mart, minimum = registry.marts[name], registry.minimum_group(name)
    siblings = ", ".join(key for key in mart.keys if key != "segment_value")
    columns = ", ".join(
        f"case when is_withheld then null else {metric.column} end as {metric.column}"
        for metric in registry.of_mart(name)
    )
    return f"""
        with counted as (
            select *, coalesce({mart.people}, 0) as people from mart
        ),
        ranked as (
            select
                *,
                row_number() over smallest_first as size_rank,
                sum(people) over smallest_first - people as people_before,
                bool_or(people < {minimum}) over (partition by {siblings}) as is_family_exposed
            from counted
            where people > 0
            window smallest_first as (
                partition by {siblings} order by people, segment_value
                rows between unbounded preceding and current row
            )
        ),
        judged as (
            select
                *,
                people < {minimum}
                or (is_family_exposed and (size_rank <= 2 or people_before < {minimum}))
                    as is_withheld
            from ranked
            union all by name
            select *, false as is_withheld from counted where people = 0
        )
        select {", ".join((*mart.keys, *mart.flags))}, is_withheld, {columns}
        from judged
        order by {", ".join(mart.keys)}
    """


def _read(warehouse: Path, registry: Registry) -> dict[str, pa.Table]:
    if not warehouse.is_file():
        raise WorkError("there is no warehouse yet", "run: perennial run")
    try:
        connection = duckdb.connect(str(warehouse), read_only=True)
    except duckdb.IOException:
        raise WorkError(
            "the warehouse is in use by another process", "wait for the run to end, then try again"
        ) from None
    with connection:
        registry.check_columns(_relations(connection))
        return {
            name: connection.sql(f"select * from {mart.relation}").to_arrow_table()
            for name, mart in registry.marts.items()
        }


def _relations(connection: duckdb.DuckDBPyConnection) -> dict[str, set[str]]:
    rows = connection.execute(
        "select table_schema || '.' || table_name, column_name from information_schema.columns"
    ).fetchall()
    found: dict[str, set[str]] = {}
    for relation, column in rows:
        found.setdefault(relation, set()).add(column)
    return found


def _write(published: Path, as_of: date, tables: Mapping[str, pa.Table]) -> Path:
    published.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=published))
    unfinished.chmod(0o755)
    try:
        digest = hashlib.sha256()
        for name, table in sorted(tables.items()):
            pq.write_table(table, unfinished / f"{name}.parquet")
            digest.update((unfinished / f"{name}.parquet").read_bytes())
        manifest = {
            "as_of": as_of.isoformat(),
            "tables": {n: t.num_rows for n, t in tables.items()},
        }
        (unfinished / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
        version = published / f"{as_of.isoformat()}-{digest.hexdigest()[:12]}"
        if not version.exists():
            os.replace(unfinished, version)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    _make_current(published, version)
    return version


def _make_current(published: Path, version: Path) -> None:
    os.utime(version)
    link = published / f".current-{os.getpid()}"
    link.unlink(missing_ok=True)
    link.symlink_to(version.name)
    os.replace(link, published / "current")
    versions = [folder for folder in published.iterdir() if (folder / "manifest.json").is_file()]
    versions = [folder for folder in versions if not folder.is_symlink()]
    for old in sorted(versions, key=lambda folder: folder.stat().st_mtime_ns, reverse=True)[KEEP:]:
        shutil.rmtree(old)
