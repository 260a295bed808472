"""The check of the raw tables: runs their suites inside DuckDB and writes the report."""

import shutil
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import yaml

from audiences.guards.expectations import Checker, Outcome, open_checker
from orchestration.border.contract import RawTable, load_contract
from orchestration.border.files import Files, refuse_unreadable, table_files
from orchestration.border.refusals import why_unread
from orchestration.border.result import CheckResult, Fault, TableResult
from orchestration.border.suite import ANY, DUPLICATE, suite_for
from orchestration.border.views import SCHEMA, checked_views
from orchestration.settings import DBT_PROJECT, Settings

EXAMPLE_KEYS = 3


@dataclass(frozen=True)
class _Border:
    """What checking one table after the other needs."""

    connection: duckdb.DuckDBPyConnection
    checker: Checker
    files: Files
    max_bad_row_share: float


def check_raw(settings: Settings) -> CheckResult:
    """Check the raw tables and write the Data Docs under the site folder.

    Raises:
        WorkError: A required table or column is missing, or a file cannot be read.
    """
    files = table_files(settings, load_contract())
    refuse_unreadable(files)
    share = max_bad_row_share()
    report = settings.site_dir / "data_docs"
    with (
        checked_views(settings, files) as connection,
        open_checker(connection, SCHEMA, settings.as_of) as checker,
    ):
        border = _Border(connection, checker, files, share)
        tables = tuple(_check(table, border) for table in load_contract() if files[table.name])
        _replace_report(checker, report)
    return CheckResult(
        as_of=settings.as_of,
        max_bad_row_share=share,
        tables=tables,
        absent=tuple(name for name, found in files.items() if not found),
        report=report / "index.html",
    )


def max_bad_row_share() -> float:
    """The project's var of that name."""
    project = yaml.safe_load((DBT_PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    return float(project["vars"]["max_bad_row_share"])


def _check(table: RawTable, border: _Border) -> TableResult:
    outcomes = border.checker.run(table.name, suite_for(table, border.max_bad_row_share))
    if not all(outcome.was_evaluated for outcome in outcomes):
        raise why_unread(table.name, border.files, border.connection)
    by_reason = {outcome.meta["reason"]: outcome for outcome in outcomes}
    return TableResult(
        table=table.name,
        key="|".join(table.key),
        rows=by_reason[ANY].checked,
        bad_rows=by_reason[ANY].unexpected,
        duplicate_rows=by_reason[DUPLICATE].unexpected,
        faults=_faults(table.name, outcomes, border.connection),
        unknown_columns=_unknown_columns(table.name, border.connection),
        passed=by_reason[ANY].passed,
    )


def _faults(
    table: str, outcomes: Iterable[Outcome], connection: duckdb.DuckDBPyConnection
) -> tuple[Fault, ...]:
    broken = [each for each in outcomes if each.meta["column"] and each.unexpected]
    keys = _example_keys(table, connection) if broken else {}
    faults = (
        Fault(
            column=each.meta["column"],
            reason=each.meta["reason"],
            rows=each.unexpected,
            example_keys=keys.get(f"{each.meta['reason']}:{each.meta['column']}", ()),
        )
        for each in broken
    )
    return tuple(sorted(faults, key=lambda fault: (-fault.rows, fault.column, fault.reason)))


def _example_keys(table: str, connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[str, ...]]:
    rows = connection.execute(
        f"""
        select verdict, row_key from (
            select
                verdict,
                case row_key when '' then '(empty)' else row_key end as row_key,
                row_number() over (partition by verdict order by row_key) as place
            from checked.{table}
            where verdict is not null
        ) as broken
        where place <= {EXAMPLE_KEYS}
        order by verdict, place
        """
    ).fetchall()
    keys: dict[str, tuple[str, ...]] = defaultdict(tuple)
    for verdict, key in rows:
        keys[verdict] += (key,)
    return keys


def _unknown_columns(table: str, connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    query = "select column_name from raw.unread_columns where table_name = ? order by column_name"
    return tuple(name for (name,) in connection.execute(query, [table]).fetchall())


def _replace_report(checker: Checker, report: Path) -> None:
    unfinished = report.with_name(f".{report.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    checker.write_report(unfinished)
    shutil.rmtree(report, ignore_errors=True)
    unfinished.rename(report)
