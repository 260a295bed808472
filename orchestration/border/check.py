"""The check of the raw tables: runs their suites inside DuckDB, writes the report, and stops a run that reads rubbish."""

import shutil
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import yaml

from audiences.errors import WorkError
from audiences.expectations import Checker, Outcome, open_checker
from orchestration.border.contract import RawTable, load_contract
from orchestration.border.files import refuse_unreadable, table_files
from orchestration.border.suite import ANY, DUPLICATE, suite_for
from orchestration.border.views import checked_views
from orchestration.settings import DBT_PROJECT, Settings

EXAMPLE_KEYS = 3


@dataclass(frozen=True)
class Fault:
    """What is wrong in one column: how many rows, and the keys of a few of them."""

    column: str
    reason: str
    rows: int
    example_keys: tuple[str, ...]


@dataclass(frozen=True)
class TableResult:
    """What the check found in one table, of the rows known on the as-of day.

    Attributes:
        table: The raw table.
        key: Names of its key columns, joined as example keys are.
        rows: Rows read.
        bad_rows: Rows that are broken; one with several faults counts once.
        duplicate_rows: Good rows superseded by another with their key; they are not bad rows.
        faults: Where the bad rows are broken, most rows first; a row with two faults is in both.
        unknown_columns: Columns of the files that the contract does not know.
        passed: Whether the share of bad rows is small enough.
    """

    table: str
    key: str
    rows: int
    bad_rows: int
    duplicate_rows: int
    faults: tuple[Fault, ...]
    unknown_columns: tuple[str, ...]
    passed: bool

    @property
    def bad_row_share(self) -> float:
        """Share of the rows that are broken."""
        return self.bad_rows / self.rows if self.rows else 0.0


@dataclass(frozen=True)
class CheckResult:
    """What the check found in all tables.

    Attributes:
        as_of: The day rows were read up to.
        max_bad_row_share: Share of broken rows up to which a table passes.
        tables: The tables that are there.
        absent: Names of the tables that are not.
        report: First page of the Data Docs.
    """

    as_of: date
    max_bad_row_share: float
    tables: tuple[TableResult, ...]
    absent: tuple[str, ...]
    report: Path

    @property
    def passed(self) -> bool:
        """Whether every table passed."""
        return all(table.passed for table in self.tables)


def check_raw(settings: Settings) -> CheckResult:
    """Check the raw tables and write the Data Docs under the site folder.

    Raises:
        WorkError: A required table or column is missing, or a file cannot be read.
    """
    files = table_files(settings.raw_dir, (table.name for table in load_contract()))
    refuse_unreadable(files)
    share = max_bad_row_share()
    report = settings.site_dir / "data_docs"
    with (
        checked_views(settings, files) as connection,
        open_checker(connection, "checked", settings.as_of) as checker,
    ):
        unknown = _unknown_columns(connection)
        tables = tuple(
            _check_table(table, share, checker, connection, unknown[table.name])
            for table in load_contract()
            if files[table.name]
        )
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


def stop_if_broken(result: CheckResult) -> None:
    """Stop the run when a table has too many broken rows.

    Raises:
        WorkError: Names the worst table, its worst column, how many, and example keys.
    """
    failed = [table for table in result.tables if not table.passed]
    if not failed:
        return
    worst = max(failed, key=lambda table: table.bad_row_share)
    others = f"; {len(failed) - 1} more tables fail" if len(failed) > 1 else ""
    raise WorkError(
        f"raw table {worst.table}: {worst.bad_rows:,} of {worst.rows:,} rows ({worst.bad_row_share:.1%}) are broken, "
        f"more than the allowed {result.max_bad_row_share:.1%}; {_worst_column(worst)}{others}",
        f"mend the rows at their source (all faults: {result.report}), "
        "or raise the var max_bad_row_share in dbt_project/dbt_project.yml",
    )


def _worst_column(table: TableResult) -> str:
    fault = max(table.faults, key=lambda fault: (bool(fault.example_keys), fault.rows))
    return (
        f"column {fault.column}: {fault.rows:,} of {table.rows:,} rows {fault.reason}, "
        f"for example {table.key} {', '.join(fault.example_keys)}"
    )


def _check_table(
    table: RawTable,
    share: float,
    checker: Checker,
    connection: duckdb.DuckDBPyConnection,
    unknown: Iterable[str],
) -> TableResult:
    outcomes = checker.run(table.name, suite_for(table, share))
    if any(outcome.error for outcome in outcomes):
        raise WorkError(
            f"raw table {table.name}: its rows cannot be read to the end",
            "check that the file is whole; a CSV is UTF-8, comma-separated, quoted with \"",
        )
    overall = _of_reason(outcomes, ANY)
    return TableResult(
        table=table.name,
        key="|".join(table.key),
        rows=overall.checked,
        bad_rows=overall.unexpected,
        duplicate_rows=_of_reason(outcomes, DUPLICATE).unexpected,
        faults=_faults(table.name, outcomes, connection),
        unknown_columns=tuple(unknown),
        passed=overall.passed,
    )


def _of_reason(outcomes: Iterable[Outcome], reason: str) -> Outcome:
    return next(outcome for outcome in outcomes if outcome.meta["reason"] == reason)


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


def _example_keys(
    table: str, connection: duckdb.DuckDBPyConnection
) -> dict[str, tuple[str, ...]]:
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


def _unknown_columns(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    unknown: dict[str, list[str]] = defaultdict(list)
    query = "select table_name, column_name from raw.unread_columns order by all"
    for table, column in connection.execute(query).fetchall():
        unknown[table].append(column)
    return unknown


def _replace_report(checker: Checker, report: Path) -> None:
    unfinished = report.with_name(f".{report.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    checker.write_report(unfinished)
    shutil.rmtree(report, ignore_errors=True)
    unfinished.rename(report)
