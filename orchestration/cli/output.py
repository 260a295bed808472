"""How commands print: JSON for machines, tables for people."""

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from rich.columns import Columns
from rich.console import Console
from rich.table import Table


def print_json(document: Any) -> None:
    """Print one JSON document and nothing else; dates become ISO text."""
    sys.stdout.write(json.dumps(document, indent=2, default=str, ensure_ascii=False) + "\n")


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print a table; numbers are right-aligned, null is shown as a dash."""
    _console().print(tabled(title, columns, rows))


def print_side_by_side(tables: Iterable[Table]) -> None:
    """Print tables beside each other where the terminal is wide enough."""
    _console().print(Columns(tables, padding=(0, 2)))


def tabled(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Table:
    """A table for people."""
    rows = [list(row) for row in rows]
    table = Table(title=title or None, title_justify="left", header_style="bold")
    for index, column in enumerate(columns):
        numeric = any(isinstance(row[index], int | float) for row in rows)
        table.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    return table


def _console() -> Console:
    """A file or a pipe has no width: nothing is folded there."""
    return Console(width=None if sys.stdout.isatty() else 200)


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int | float) else str(value)
