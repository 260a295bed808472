"""The views of the raw tables in an in-memory DuckDB, made by the same dbt macros that make them in the warehouse."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb

from audiences.errors import WorkError
from orchestration.settings import DBT_PROJECT, Settings

# A named in-memory database is shared within the process while anyone holds it open. dbt takes the last part of the path for
# the database's name, and DuckDB calls every in-memory database "memory": so this path ends in it.
_MEMORY = ":memory:border/memory"
_SCHEMA = "checked"
_ARGUMENTS = (
    "--log-level", "none", "--log-level-file", "none", "--no-send-anonymous-usage-stats", "--no-write-json",
    "run-operation", "register_checked_views",
    "--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT),
    "--target-path", str(DBT_PROJECT / "target" / "border"),
)  # fmt: skip


@contextmanager
def checked_views(
    settings: Settings, files: Mapping[str, tuple[Path, ...]]
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection whose schema `checked` has a view for every raw table (macros/checked_views.sql).

    Args:
        settings: Where the raw tables are, and the as-of day.
        files: The files of each table, to name the one that cannot be read.

    Raises:
        WorkError: A required table or column is missing, or a file cannot be read.
    """
    with duckdb.connect(_MEMORY) as connection:
        connection.execute("set TimeZone = 'UTC'")
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


def _run_dbt(files: Mapping[str, tuple[Path, ...]]) -> None:
    from dbt.adapters.factory import reset_adapters
    from dbt.cli.main import dbtRunner

    errors: list[str] = []

    def note(event: object) -> None:
        info = event.info  # type: ignore[attr-defined]
        if info.level == "error":
            errors.append(str(info.msg))

    result = dbtRunner(callbacks=[note]).invoke(list(_ARGUMENTS))
    reset_adapters()
    if not result.success:
        raise explain(errors[0] if errors else str(result.exception), files)


def explain(message: str, files: Mapping[str, tuple[Path, ...]]) -> WorkError:
    """What a failure of the macros means to a person; DuckDB's own words may quote rows and are left out.

    Args:
        message: The message as dbt gives it.
        files: The files of each table.
    """
    refused = re.search(r"Compilation Error in macro .*\n\s*(raw table .*)", message)
    if refused:
        problem, _, fix = refused[1].strip().rpartition(". ")
        return WorkError(problem, fix.rstrip("."))
    line = re.search(r"CSV Error on Line: (\d+)", message)
    for table, paths in files.items():
        for path in paths:
            if str(path) in message:
                where = f"{path}, line {line[1]}," if line else str(path)
                return WorkError(
                    f"raw table {table}: {where} cannot be read",
                    "check that the file is whole; a CSV is UTF-8, comma-separated, quoted with \"",
                )
    return WorkError(
        f"dbt could not read the raw tables: {_kind(message)}",
        "run `dbt parse` in dbt_project for the details",
    )


def _kind(message: str) -> str:
    """The error without DuckDB's words; what dbt says of the project's own files is kept."""
    lines = [line.strip() for line in message.strip().splitlines()] or ["no message"]
    about_project = any(kind in lines[0] for kind in ("Compilation Error", "Parsing Error"))
    return " ".join(lines[:2] if about_project else lines[:1])
