"""A generated model of plain values: its SQL and its yml."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from textwrap import dedent, fill
from typing import Any

from audiences.models.model_text import SQL_HEADER, model_yml

TEXT = "{{ t_text() }}"
LONGEST = 110  # characters of a line
JOINED = "\N{NO-BREAK SPACE}"  # a space within a value, where no line may break
Value = str | int | bool | None


@dataclass(frozen=True)
class Table:
    """A generated model of plain values: what the audiences are set to."""

    name: str
    description: str
    columns: Sequence[tuple[str, str, str]]  # name, type, description
    rows: Sequence[tuple[Value, ...]]
    key: Sequence[str]
    not_null: Sequence[str] | None = None  # of the key; all of it when not said


def table_files(tables: Iterable[Table]) -> dict[str, str]:
    """The models of tables, as file name -> text."""
    tables = tuple(tables)
    return {f"{table.name}.sql": _table_sql(table) for table in tables} | {
        f"{table.name}.yml": _table_yml(table) for table in tables
    }


def _table_sql(table: Table) -> str:
    """Values are written as text, a row a line where it fits, and typed once, below."""
    names = [name for name, _, _ in table.columns]
    nulls = ",\n".join("        null" for _ in names)
    rows = ",\n".join(_tuple([_value(value) for value in row]) for row in table.rows)
    nobody = f"    select\n{nulls}\n    where 1 = 0"
    typed = ",\n        ".join(
        f"cast({name} as {kind}) as {name}" for name, kind, _ in table.columns
    )
    return f"""{SQL_HEADER}
with

written {dedent(_tuple(names))} as (

{f"    values{chr(10)}{rows}" if rows else nobody}

),

typed as (

    select
        {typed}
    from written

)

select * from typed
"""


def _tuple(parts: Sequence[str]) -> str:
    """Parts in brackets, on as few lines as fit."""
    line = f"    ({', '.join(parts)})"
    if len(line) <= LONGEST:
        return line
    words = fill(
        ", ".join(part.replace(" ", JOINED) for part in parts),
        LONGEST,
        initial_indent=" " * 8,
        subsequent_indent=" " * 8,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return f"    (\n{words.replace(JOINED, ' ')}\n    )"


def _value(value: Value) -> str:
    if value is None:
        return "null"
    return f"'{str(value).lower() if isinstance(value, bool) else value}'"


def _table_yml(table: Table) -> str:
    columns = [
        {"name": name, "description": description}
        | ({"data_tests": ["not_null"]} if name in (table.not_null or table.key) else {})
        for name, _, description in table.columns
    ]
    unique: dict[str, Any] = {"unique_together": {"arguments": {"columns": list(table.key)}}}
    return model_yml(table.name, table.description, columns, data_tests=[unique])
