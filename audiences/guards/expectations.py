"""Great Expectations inside DuckDB: how to run a suite on a connection and leave nothing behind.

Both borders use it: the raw tables coming in (orchestration.border) and the audiences about to leave
(audiences.gate). Great Expectations is not built for DuckDB; what this module does about it:

* Its SQL engine closes its connection after each query, and DuckDB's result sets die with their connection.
  SQLite has the same trouble, and the cure is the same: DuckDB joins the dialects whose connection is kept.
* Its engine gets cursors of the caller's connection, so that it sees the caller's in-memory or read-only
  database. DuckDB refuses a second connection with other options, and duckdb-engine always adds one.
* DuckDB prints leak notices when Python ends with its objects alive: what was opened is closed on the way out,
  and duckdb-engine, which SQLAlchemy keeps hold of to the very end, lets go of DuckDB at exit.
* Results hold counts and never values: a broken value may be personal data. The library's log may hold values
  too and is off, as are progress bars and usage statistics.
"""

import atexit
import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from pathlib import Path
from typing import Any

import duckdb
import duckdb_engine
import great_expectations as gx
from great_expectations.core.run_identifier import RunIdentifier
from great_expectations.data_context.data_context.ephemeral_data_context import (
    EphemeralDataContext,
)
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)
from great_expectations.datasource.fluent import SQLDatasource
from great_expectations.execution_engine import sqlalchemy_execution_engine
from great_expectations.expectations.expectation import Expectation
from sqlalchemy import Engine

atexit.register(vars(duckdb_engine).clear)

COUNTS_ONLY: dict[str, Any] = {"result_format": "BASIC", "partial_unexpected_count": 0}


class _Dialect(StrEnum):
    DUCKDB = "duckdb"


@dataclass(frozen=True)
class Outcome:
    """What became of one expectation.

    Attributes:
        meta: The expectation's own `meta`, by which the caller knows it again.
        passed: Whether it held.
        checked: Rows it looked at.
        unexpected: Rows that broke it.
        was_evaluated: False when the rows could not be read; such an expectation has not passed.
    """

    meta: dict[str, Any]
    passed: bool
    checked: int
    unexpected: int
    was_evaluated: bool


@dataclass(frozen=True)
class Checker:
    """Runs suites on the tables of one schema. Made by `open_checker`."""

    context: EphemeralDataContext
    source: SQLDatasource
    as_of: date

    def run(self, table: str, expectations: Sequence[Expectation]) -> tuple[Outcome, ...]:
        """Check the rows of a table or view, inside the database.

        Args:
            table: Its name; also the name of the suite.
            expectations: What the rows must meet.

        Returns:
            One outcome an expectation.
        """
        suite = gx.ExpectationSuite(name=table, expectations=list(expectations))
        self.context.suites.add(suite)
        asset = self.source.add_table_asset(table, table_name=table)
        batch = asset.add_batch_definition_whole_table("all rows")
        day = datetime.combine(self.as_of, time(), tzinfo=UTC)
        result = gx.ValidationDefinition(name=table, data=batch, suite=suite).run(
            result_format=COUNTS_ONLY,
            run_id=RunIdentifier(run_name=self.as_of.isoformat(), run_time=day),
        )
        return tuple(_outcome(each) for each in result.results)

    def write_report(self, folder: Path) -> None:
        """Write the Data Docs of everything run so far into an empty folder; they open at index.html."""
        site: Any = {
            "class_name": "SiteBuilder",
            "show_how_to_buttons": False,
            "store_backend": {
                "class_name": "TupleFilesystemStoreBackend",
                "base_directory": str(folder),
            },
            "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
        }
        self.context.add_data_docs_site("report", site)
        self.context.build_data_docs(["report"])


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

    def cursor() -> duckdb_engine.ConnectionWrapper:
        cursors.append(connection.cursor())
        cursors[-1].execute(f"set schema = '{schema}'")
        return duckdb_engine.ConnectionWrapper(cursors[-1])

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _keep_connections_open()
        context = _quiet_context()
        options: dict[str, Any] = {"kwargs": {"creator": cursor}}
        source = context.data_sources.add_sql("duckdb", connection_string="duckdb://", **options)
        try:
            yield Checker(context, source, as_of)
        finally:
            _let_go(source.get_engine())
            _let_go(source.get_execution_engine().engine)
            while cursors:
                cursors.pop().close()


def _let_go(engine: Engine) -> None:
    """SQLAlchemy's caches keep an engine's dialect for good, and the dialect keeps DuckDB's types."""
    engine.dispose()
    vars(engine.dialect).clear()


def _quiet_context() -> EphemeralDataContext:
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL + 1)
    config = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(),
        progress_bars=ProgressBarsConfig(globally=False),
        analytics_enabled=False,
    )
    return gx.get_context(mode="ephemeral", project_config=config)


def _keep_connections_open() -> None:
    engine: Any = sqlalchemy_execution_engine
    if _Dialect.DUCKDB not in engine._PERSISTED_CONNECTION_DIALECTS:
        engine._PERSISTED_CONNECTION_DIALECTS += (_Dialect.DUCKDB,)


def _outcome(result: Any) -> Outcome:
    counts = result.result
    return Outcome(
        meta=dict(result.expectation_config.meta or {}),
        passed=bool(result.success),
        checked=int(counts.get("element_count") or 0),
        unexpected=int(counts.get("unexpected_count", counts.get("observed_value")) or 0),
        was_evaluated=bool(counts),
    )
