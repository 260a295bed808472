"""Why the raw tables could not be read, in words. DuckDB's own words may quote rows and are never passed on."""

import re

import duckdb

from audiences.errors import WorkError
from orchestration.border.files import Files


def why_unread(table: str, files: Files, connection: duckdb.DuckDBPyConnection) -> WorkError:
    """Why the rows of a table could not be checked, found by reading them all.

    Args:
        table: The raw table.
        files: The files of each table.
        connection: Where the view `checked.<table>` is.
    """
    try:
        connection.execute(f"select count(verdict) from checked.{table}").fetchall()
    except duckdb.Error as error:
        return explain(str(error), files)
    return WorkError(
        f"raw table {table}: its rows could not be checked",
        "run `perennial check` again; if it stays so, report it with the versions `pip list` prints",
    )


def explain(message: str, files: Files) -> WorkError:
    """What a failure of the macros means to a person.

    Args:
        message: The message as dbt or DuckDB gives it.
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
                    'check that the file is whole; a CSV is UTF-8, comma-separated, quoted with "',
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
