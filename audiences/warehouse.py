"""Opens the warehouse read-only for as short as possible, and says plainly when there is nothing to read."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from audiences.errors import WorkError

RUN_FIRST = "run `perennial run` first"


@contextmanager
def open_warehouse(warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only connection, closed at the end.

    Raises:
        WorkError: The warehouse or a table is not there, or another process is writing it.
    """
    if not warehouse.is_file():
        raise WorkError(f"there is no warehouse {warehouse.name}", RUN_FIRST)
    try:
        connection = duckdb.connect(str(warehouse), read_only=True)
    except duckdb.Error as error:
        if "lock" in str(error).lower():
            fix = "wait until the other run has ended, then try again"
            raise WorkError(f"{warehouse.name} is being written", fix) from None
        fix = f"delete it and {RUN_FIRST}"
        raise WorkError(f"{warehouse.name} is not a warehouse", fix) from None
    try:
        yield connection
    except duckdb.CatalogException:
        raise WorkError("the warehouse has no audiences to read yet", RUN_FIRST) from None
    finally:
        connection.close()


def has_table(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> bool:
    """Whether the warehouse holds a table."""
    found = connection.execute(
        "select 1 from information_schema.tables where table_schema = ? and table_name = ?",
        [schema, table],
    ).fetchone()
    return found is not None


def records(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: Any = None
) -> list[dict[str, Any]]:
    """The rows of a query as mappings."""
    result = connection.execute(query, parameters)
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
