"""What the definitions set, as generated tables: to the models, settings are data."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from audiences.consent import SUPPRESSIONS
from audiences.model_text import SQL_HEADER, model_yml
from audiences.spec import Definition

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


def settings_files(definitions: Sequence[Definition]) -> dict[str, str]:
    """The generated tables of settings, as file name -> text."""
    return table_files([_settings(definitions), _channels(definitions), _arms(definitions)])


def table_files(tables: Iterable[Table]) -> dict[str, str]:
    """The models of tables, as file name -> text."""
    tables = tuple(tables)
    return {f"{table.name}.sql": _table_sql(table) for table in tables} | {
        f"{table.name}.yml": _table_yml(table) for table in tables
    }


def _settings(definitions: Iterable[Definition]) -> Table:
    return Table(
        name="audience_settings",
        description="One row an audience that is not a draft: what its definition sets.",
        columns=[
            ("audience", TEXT, "The audience."),
            ("status", TEXT, "active, paused or retired."),
            ("expires_on", "date", "Last day of the audience; empty when it is evergreen."),
            ("purpose", TEXT, "Purpose that consent is asked for."),
            ("program", TEXT, "The programme it belongs to."),
            ("needs_contact", "boolean", "False for `contact: none`: no consent is evaluated."),
            ("denies_unknown", "boolean", "Whether silence denies where the country would allow."),
            ("suppressed_reasons", TEXT, "Reasons that suppress a channel, each between | signs."),
            ("experiment", TEXT, "Key of its experiment."),
            ("phase", "bigint", "Phase of the experiment."),
            ("salt", TEXT, "Salt that proposes slots."),
            ("goal_metric", TEXT, "What it is for."),
            ("goal_window_days", "bigint", "Days after entry in which the goal counts."),
        ],
        rows=[_settings_row(one) for one in definitions],
        key=["audience"],
    )


def _channels(definitions: Iterable[Definition]) -> Table:
    return Table(
        name="audience_channels",
        description="One row an audience and channel it may use.",
        columns=[
            ("audience", TEXT, "The audience."),
            ("channel", TEXT, "The channel."),
            ("preference", "bigint", "1 for the channel that is tried first."),
        ],
        rows=[
            (one.audience, channel, preference)
            for one in definitions
            for preference, channel in enumerate(one.channels, start=1)
        ],
        key=["audience", "channel"],
    )


def _arms(definitions: Iterable[Definition]) -> Table:
    return Table(
        name="audience_arms",
        description="One row an audience and arm; slots in no range belong to no arm.",
        columns=[
            ("audience", TEXT, "The audience."),
            ("arm", TEXT, "The arm."),
            ("first_slot", "bigint", "First slot of the arm, 0 to 9999."),
            ("last_slot", "bigint", "Last slot of the arm."),
            ("is_delivered", "boolean", "Whether its people are delivered."),
        ],
        rows=[
            (one.audience, name, *arm.slots, arm.delivers)
            for one in definitions
            if one.experiment
            for name, arm in one.experiment.arms.items()
        ],
        key=["audience", "arm"],
    )


def _settings_row(one: Definition) -> tuple[Value, ...]:
    contact, experiment, goal = one.contact, one.experiment, one.goal
    return (
        one.audience,
        one.status,
        one.expires_on.isoformat() if one.expires_on else None,
        one.purpose,
        one.program,
        contact is not None,
        contact is not None and contact.consent.unknown == "deny",
        _between_bars(SUPPRESSIONS[name] for name in contact.suppress) if contact else None,
        experiment.key if experiment else None,
        experiment.phase if experiment else None,
        experiment.salt if experiment else None,
        goal.metric if goal else None,
        goal.window_days if goal else None,
    )


def _between_bars(words: Iterable[str]) -> str:
    return "|" + "".join(f"{word}|" for word in words)


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
