"""`perennial check`."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestration.cli.output import print_json, print_table
from orchestration.settings import load_settings

if TYPE_CHECKING:
    from orchestration.border.result import CheckResult, TableResult


def check(
    as_of: Annotated[
        str | None, typer.Option(help="Check rows up to this day, YYYY-MM-DD.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Check the raw tables against the contract and write the report."""
    from orchestration import dbt

    settings = load_settings(as_of)
    parsing = dbt.Parsing(settings)  # takes as long as the imports below

    from orchestration.border.check import check_raw
    from orchestration.border.result import stop_if_broken

    parsing.manifest()
    result = check_raw(settings)
    if as_json:
        print_json(document(result))
    else:
        _print(result)
    stop_if_broken(result)


def document(result: "CheckResult") -> dict[str, Any]:
    """The result as one JSON document."""
    return {
        "as_of": result.as_of,
        "passed": result.passed,
        "max_bad_row_share": result.max_bad_row_share,
        "tables": [_entry(table) for table in result.tables],
        "absent_tables": result.absent,
        "report": result.report,
    }


def _entry(table: "TableResult") -> dict[str, Any]:
    from dataclasses import asdict

    return {**asdict(table), "bad_row_share": table.bad_row_share}


def _print(result: "CheckResult") -> None:
    print_table(
        f"Raw tables up to {result.as_of}",
        ("table", "rows", "bad rows", "share", "duplicates", "passed"),
        (_row(table) for table in result.tables),
    )
    faults = [
        (table.table, fault.column, fault.reason, fault.rows, ", ".join(fault.example_keys))
        for table in result.tables
        for fault in table.faults
    ]
    if faults:
        print_table("Bad rows", ("table", "column", "reason", "rows", "for example"), faults)
    for table in result.tables:
        if table.unknown_columns:
            typer.echo(f"unknown columns of {table.table}: {', '.join(table.unknown_columns)}")
    if result.absent:
        typer.echo(f"absent, read as empty: {', '.join(result.absent)}")
    typer.echo(f"report: {result.report}")


def _row(table: "TableResult") -> tuple[Any, ...]:
    share = f"{table.bad_row_share:.2%}"
    return table.table, table.rows, table.bad_rows, share, table.duplicate_rows, table.passed
