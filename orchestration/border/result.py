"""What the check of the raw tables found, and when it stops a run. Pure: reads and writes nothing."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from audiences.errors import WorkError


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
