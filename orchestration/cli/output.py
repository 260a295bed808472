"""How commands print: JSON for machines, tables for people."""

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.columns import Columns
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

WIDEST = 1000  # of what is measured before it is made to fit


def print_json(document: Any) -> None:
    """Print one JSON document and nothing else; dates become ISO text."""
    sys.stdout.write(json.dumps(document, indent=2, default=str, ensure_ascii=False) + "\n")


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print a table, narrow where the terminal is; numbers are right-aligned, null is shown as a dash."""
    console = _console()
    console.print(fitted(tabled(title, columns, rows), console))


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


def fitted(table: Table, console: Console) -> Table:
    """The table in as narrow a form as the console asks for; no number is ever cut."""
    if _measured(console, table).maximum > console.width:
        _narrow(table)
    if _measured(console, table).minimum > console.width:
        _fold_words(table)
    return table


def _measured(console: Console, table: Table) -> Measurement:
    """How narrow the table can be, and how wide it would be."""
    return Measurement.get(console, console.options.update(max_width=WIDEST), table)


def _narrow(table: Table) -> None:
    """Spend no width on lines and headers; where all cells are single words, such as names, do not fold them."""
    table.box, table.show_edge, table.padding = SIMPLE_HEAD, False, 0
    for column in table.columns:
        column.header = str(column.header).replace(" ", "\n")
        column.no_wrap = not any(" " in str(cell) for cell in column.cells)


def _fold_words(table: Table) -> None:
    """Fold names too, never numbers."""
    for column in table.columns:
        column.no_wrap = column.justify == "right"


def _console() -> Console:
    """A file or a pipe has no width: nothing is folded there."""
    return Console(width=None if sys.stdout.isatty() else 200)


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int | float) else str(value)
