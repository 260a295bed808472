"""A generated model of plain values: its SQL and its yml."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from audiences.model_text import SQL_HEADER, model_yml

TEXT = "{{ t_text() }}"
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
    """Values are written as text and typed once, below, so that all branches agree."""
    names = [name for name, _, _ in table.columns]
    branches = "\n    union all\n".join(_select(names, row) for row in table.rows)
    if not branches:
        branches = _select(names, [None] * len(names)) + "\n    where 1 = 0"
    typed = ",\n        ".join(
        f"cast({name} as {kind}) as {name}" for name, kind, _ in table.columns
    )
    return f"""{SQL_HEADER}
with

written as (

{branches}

),

typed as (

    select
        {typed}
    from written

)

select * from typed
"""


def _select(names: Sequence[str], row: Sequence[Value]) -> str:
    columns = ",\n        ".join(
        f"{_value(value)} as {name}" for name, value in zip(names, row, strict=True)
    )
    return f"    select\n        {columns}"


def _value(value: Value) -> str:
    if value is None:
        return f"cast(null as {TEXT})"
    return f"'{str(value).lower() if isinstance(value, bool) else value}'"


def _table_yml(table: Table) -> str:
    columns = [
        {"name": name, "description": description}
        | ({"data_tests": ["not_null"]} if name in (table.not_null or table.key) else {})
        for name, _, description in table.columns
    ]
    unique: dict[str, Any] = {"unique_together": {"arguments": {"columns": list(table.key)}}}
    return model_yml(table.name, table.description, columns, data_tests=[unique])
