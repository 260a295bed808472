"""The views of the raw tables in an in-memory DuckDB, made by the same dbt macros that make them in the warehouse."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

import duckdb
from dbt.adapters.factory import reset_adapters
from dbt.artifacts.schemas.manifest import WritableManifest
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest

from orchestration import dbt
from orchestration.border.files import Files
from orchestration.border.refusals import explain
from orchestration.settings import DBT_PROJECT, Settings

# A named in-memory database is shared within the process while anyone holds it open. dbt takes the last part of
# the path for the database's name, and DuckDB calls every in-memory database "memory": so the path ends in it.
_MEMORY = ":memory:border/memory"
SCHEMA = "checked"
_ARGUMENTS = (
    "--log-level", "none", "--log-level-file", "none", "--no-send-anonymous-usage-stats", "--no-write-json",
    "run-operation", "register_checked_views",
    "--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT),
)  # fmt: skip


@contextmanager
def checked_views(settings: Settings, files: Files) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection whose schema `SCHEMA` has a view for every raw table (macros/checked_views.sql).

    Its cursors read times as UTC too, as dbt's own do, and large tables spill to a folder that is gone afterwards.

    Args:
        settings: Where the raw tables are, and the as-of day.
        files: The files of each table, to name the one that cannot be read.

    Raises:
        WorkError: A required table or column is missing, or a file cannot be read.
    """
    with TemporaryDirectory() as spill, duckdb.connect(_MEMORY) as connection:
        connection.execute("set global TimeZone = 'UTC'")
        connection.execute("set global temp_directory = ?", [spill])
        if not dbt.MANIFEST.exists():
            dbt.parse(settings)
        with _environment(settings):
            _run_dbt(files)
        yield connection


@contextmanager
def _environment(settings: Settings) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(settings.environment())
    os.environ.update(PERENNIAL_WAREHOUSE=_MEMORY, PERENNIAL_TARGET="duckdb")
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _run_dbt(files: Files) -> None:
    errors: list[str] = []

    def note(event: object) -> None:
        info = event.info  # type: ignore[attr-defined]
        if info.level == "error":
            errors.append(str(info.msg))

    result = dbtRunner(manifest=_manifest(), callbacks=[note]).invoke(list(_ARGUMENTS))
    reset_adapters()  # type: ignore[no-untyped-call]
    if not result.success:
        raise explain(errors[0] if errors else str(result.exception), files)


def _manifest() -> Manifest:
    """The project as last parsed, its sources moved to the in-memory database; a second parse would cost seconds."""
    manifest = Manifest.from_writable_manifest(
        WritableManifest.read_and_check_versions(str(dbt.MANIFEST))
    )
    for source in manifest.sources.values():
        source.database = "memory"
    manifest.build_flat_graph()  # type: ignore[no-untyped-call]
    return manifest
