"""Great Expectations inside DuckDB: the one place that knows how to run a suite on a connection and leave nothing behind.

Both borders use it: the raw tables coming in (orchestration.border) and the audiences about to leave (audiences.gate).

Great Expectations is not built for DuckDB. What this module does about it:

* Its SQL engine closes its connection after each query, and DuckDB's result sets die with their connection; SQLite has the
  same trouble, and the cure is the same: DuckDB joins the dialects whose connection is kept (`_keep_connection_open`).
* Its engine gets cursors of the caller's connection, so that it sees the caller's in-memory or read-only database. DuckDB
  refuses a second connection with other options, and duckdb-engine always adds one.
* DuckDB prints leak notices when Python ends with its objects alive: engines and cursors are closed on the way out.
* Results hold counts and never values (`COUNTS_ONLY`): a broken value may be personal data. Its log may hold values too
  and is off, as are progress bars and usage statistics.
"""

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

if TYPE_CHECKING:
    from great_expectations.data_context import EphemeralDataContext
    from great_expectations.expectations.expectation import Expectation

COUNTS_ONLY = {"result_format": "BASIC", "partial_unexpected_count": 0}


class _Dialect(str, Enum):
    DUCKDB = "duckdb"


@dataclass(frozen=True)
class Outcome:
    """What became of one expectation.

    Attributes:
        meta: The expectation's own `meta`, by which the caller knows it again.
        passed: Whether it held.
        checked: Rows it looked at.
        unexpected: Rows that broke it.
        error: The kind of error when it could not be evaluated; such an expectation has not passed.
    """

    meta: dict[str, Any]
    passed: bool
    checked: int
    unexpected: int
    error: str | None = None


class Checker:
    """Runs suites on the relations of one DuckDB connection. Made by `open_checker`."""

    def __init__(self, context: "EphemeralDataContext", as_of: date) -> None:
        self._context = context
        self._source = context.data_sources.get("duckdb")
        self._run_time = datetime.combine(as_of, time(), tzinfo=UTC)

    def run(self, table: str, expectations: Sequence["Expectation"]) -> tuple[Outcome, ...]:
        """Check the rows of a table or view, inside the database.

        Args:
            table: Its name, in the checker's schema; also the name of the suite.
            expectations: What the rows must meet.

        Returns:
            One outcome an expectation.
        """
        import great_expectations as gx
        from great_expectations.core.run_identifier import RunIdentifier

        suite = self._context.suites.add(gx.ExpectationSuite(name=table))
        for expectation in expectations:
            suite.add_expectation(expectation)
        asset = self._source.add_table_asset(table, table_name=table)
        batch = asset.add_batch_definition_whole_table("all rows")
        definition = gx.ValidationDefinition(name=table, data=batch, suite=suite)
        run = RunIdentifier(run_name=self._run_time.date().isoformat(), run_time=self._run_time)
        result = definition.run(result_format=COUNTS_ONLY, run_id=run)
        return tuple(_outcome(each) for each in result.results)

    def write_report(self, folder: Path) -> Path:
        """Write the Data Docs of everything run so far into an empty folder; returns the first page."""
        site = {
            "class_name": "SiteBuilder",
            "show_how_to_buttons": False,
            "store_backend": {
                "class_name": "TupleFilesystemStoreBackend",
                "base_directory": str(folder),
            },
            "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
        }
        self._context.add_data_docs_site("report", site)
        self._context.build_data_docs(["report"])
        return folder / "index.html"


@contextmanager
def open_checker(
    connection: duckdb.DuckDBPyConnection, schema: str, as_of: date
) -> Iterator[Checker]:
    """A checker on a DuckDB connection; closes what it opened, not the connection itself.

    Args:
        connection: Where the rows are.
        schema: The schema its tables are in.
        as_of: The day in the names of results and reports.
    """
    cursors: list[duckdb.DuckDBPyConnection] = []

    def cursor() -> Any:
        from duckdb_engine import ConnectionWrapper

        cursors.append(connection.cursor())
        cursors[-1].execute(f"set schema = '{schema}'")
        return ConnectionWrapper(cursors[-1])

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        context = _quiet_context()
        _keep_connection_open()
        source = context.data_sources.add_sql(
            "duckdb", connection_string="duckdb://", kwargs={"creator": cursor}
        )
        try:
            yield Checker(context, as_of)
        finally:
            source.get_execution_engine().close()
            source.get_engine().dispose()
            for each in cursors:
                each.close()


def _quiet_context() -> "EphemeralDataContext":
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    logging.getLogger("great_expectations").setLevel(logging.CRITICAL + 1)
    config = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(),
        progress_bars=ProgressBarsConfig(globally=False),
        analytics_enabled=False,
    )
    return gx.get_context(mode="ephemeral", project_config=config)


def _keep_connection_open() -> None:
    from great_expectations.execution_engine import sqlalchemy_execution_engine as engine

    if _Dialect.DUCKDB not in engine._PERSISTED_CONNECTION_DIALECTS:
        engine._PERSISTED_CONNECTION_DIALECTS += (_Dialect.DUCKDB,)


def _outcome(result: Any) -> Outcome:
    counts = result.result or {}
    error = None if result.success is not None and counts else "not evaluated"
    return Outcome(
        meta=dict(result.expectation_config.meta or {}),
        passed=bool(result.success) and error is None,
        checked=int(counts.get("element_count") or 0),
        unexpected=int(counts.get("unexpected_count", counts.get("observed_value")) or 0),
        error=error,
    )
