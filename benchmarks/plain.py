"""The peer of a dbt build: the same compiled SQL, one statement after the other, by DuckDB alone.

`python -m benchmarks.plain BUILT MANIFEST TARGET` reads raw views and seeds of the warehouse BUILT and the compiled
models of MANIFEST, and writes TARGET, whose file name must be that of BUILT because compiled SQL names the database.
"""

import json
import sys
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb


def models_in_order(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """The models of a manifest, each after all it reads."""
    models = {
        key: node for key, node in manifest["nodes"].items() if node["resource_type"] == "model"
    }
    order = TopologicalSorter(
        {key: set(node["depends_on"]["nodes"]) & set(models) for key, node in models.items()}
    )
    return [models[key] for key in order.static_order()]


def copy_inputs(warehouse: duckdb.DuckDBPyConnection, built: Path) -> None:
    """Bring the views over the raw files and the seeds into a new warehouse."""
    warehouse.execute(f"attach '{built}' as built (read_only)")
    warehouse.execute("create schema raw")
    warehouse.execute("create schema seeds")
    views = "select sql from duckdb_views() where database_name = 'built' and schema_name = 'raw'"
    for (sql,) in warehouse.execute(views).fetchall():
        warehouse.execute(sql)
    seeds = "select table_name from duckdb_tables() where database_name = 'built' and schema_name = 'seeds'"
    for (name,) in warehouse.execute(seeds).fetchall():
        warehouse.execute(f"create table seeds.{name} as from built.seeds.{name}")
    warehouse.execute("detach built")


def build(warehouse: duckdb.DuckDBPyConnection, manifest: dict[str, Any]) -> None:
    """Create every model's table or view from its compiled SQL."""
    for model in models_in_order(manifest):
        kind = "view" if model["config"]["materialized"] == "view" else "table"
        warehouse.execute(f"create schema if not exists {model['schema']}")
        name = f'{model["schema"]}."{model["alias"]}"'
        warehouse.execute(f"create {kind} {name} as {model['compiled_code']}")


def main(built: Path, manifest: Path, target: Path) -> None:
    """Build a warehouse without dbt."""
    with duckdb.connect(str(target)) as warehouse:
        warehouse.execute("set TimeZone = 'UTC'")
        warehouse.execute("set preserve_insertion_order = false")
        warehouse.execute("set disabled_optimizers = 'in_clause'")
        warehouse.execute("set memory_limit = '40%'")
        copy_inputs(warehouse, built)
        build(warehouse, json.loads(manifest.read_text()))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
