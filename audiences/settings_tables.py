"""What the definitions set, as generated tables: to the models, settings are data."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from audiences.blocks import days_of
from audiences.global_holdout import GlobalHoldout
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


def settings_files(
    definitions: Sequence[Definition], holdout: GlobalHoldout | None
) -> dict[str, str]:
    """The generated tables of settings, as file name -> text."""
    tables = [
        _settings(definitions, holdout),
        _channels(definitions),
        _arms(definitions),
        _frequency_caps(definitions),
        _global_holdout(holdout),
    ]
    return {f"{table.name}.sql": _table_sql(table) for table in tables} | {
        f"{table.name}.yml": _table_yml(table) for table in tables
    }


def _settings(definitions: Sequence[Definition], holdout: GlobalHoldout | None) -> Table:
    steps = {(one.program.name, one.step): one for one in definitions if one.program and one.step}
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
            ("experiment", TEXT, "Key of its experiment."),
            ("phase", "bigint", "Phase of the experiment."),
            ("salt", TEXT, "Salt that proposes slots."),
            ("goal_metric", TEXT, "What it is for."),
            ("goal_window_days", "bigint", "Days after entry in which the goal counts."),
            ("step", "bigint", "Which step of its programme it is."),
            ("follows", TEXT, "The audience that is the step before."),
            ("follows_after_days", "bigint", "Days after entering that one this one is entered."),
            ("min_match_days", "bigint", "Runs in a row the rule must hold before entering."),
            ("reentry_after_days", "bigint", "Days after leaving before entering again."),
            ("max_entries", "bigint", "How often one person may enter."),
            (
                "max_stay_days",
                "bigint",
                "Longest stay; a step that is followed ends with the wait.",
            ),
            ("capacity", "bigint", "How many people there is room for."),
            ("priority_group", TEXT, "The group in which a person is in one audience at a time."),
            ("priority_rank", "bigint", "Its rank in the group; the lowest wins."),
            ("meets_global_holdout", "boolean", "Whether the global holdout is withheld from it."),
        ],
        rows=[
            (*_settings_row(one), *_entry_row(one, steps), _meets(one, holdout))
            for one in definitions
        ],
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
    experiment, goal = one.experiment, one.goal
    return (
        one.audience,
        one.status,
        one.expires_on.isoformat() if one.expires_on else None,
        one.purpose,
        one.program.name if one.program else None,
        one.contact is not None,
        experiment.key if experiment else None,
        experiment.phase if experiment else None,
        experiment.salt if experiment else None,
        goal.metric if goal else None,
        goal.window_days if goal else None,
    )


def _entry_row(one: Definition, steps: Mapping[tuple[str, int], Definition]) -> tuple[Value, ...]:
    entry, priority, follows = one.entry, one.priority, one.follows
    waits = [
        days_of(other.follows.wait)
        for (program, _), other in steps.items()
        if other.follows
        and other.is_evaluated
        and one.program
        and (program, other.follows.step) == (one.program.name, one.step)
    ]
    before = steps[one.program.name, follows.step] if one.program and follows else None
    return (
        one.step,
        before.audience if before else None,
        days_of(follows.wait) if follows else None,
        days_of(entry.min_match) if entry.min_match else None,
        days_of(entry.reentry_after) if entry.reentry_after else None,
        entry.max_entries,
        min([*waits, *([days_of(entry.max_stay)] if entry.max_stay else [])], default=None),
        entry.capacity.max if entry.capacity else None,
        priority.group if priority else None,
        priority.rank if priority else None,
    )


def _meets(one: Definition, holdout: GlobalHoldout | None) -> bool:
    respects = one.experiment is None or one.experiment.respects_global_holdout
    return holdout is not None and one.contact is not None and respects


def _frequency_caps(definitions: Iterable[Definition]) -> Table:
    return Table(
        name="audience_frequency_caps",
        description="One row an audience and cap on how often a person may be contacted.",
        columns=[
            ("audience", TEXT, "The audience."),
            ("rule", "bigint", "1 for the first cap that is written."),
            ("max_contacts", "bigint", "How many contacts may be in the period."),
            ("period_days", "bigint", "Days; of the calendar, 7 is a week and 30 a month."),
            ("kind", TEXT, "rolling or calendar."),
            ("scope", TEXT, "Whose contacts count: audience, program or all_marketing."),
        ],
        rows=[
            (one.audience, rule, cap.max, days_of(cap.per), cap.kind, cap.scope)
            for one in definitions
            for rule, cap in enumerate(one.frequency, start=1)
        ],
        key=["audience", "rule"],
    )


def _global_holdout(holdout: GlobalHoldout | None) -> Table:
    return Table(
        name="audience_global_holdout",
        description="One row when there is a global holdout: the slots withheld from marketing.",
        columns=[
            ("experiment", TEXT, "Its key."),
            ("phase", "bigint", "Its phase."),
            ("salt", TEXT, "Salt that proposes slots."),
            ("first_slot", "bigint", "First slot that is withheld, 0 to 9999."),
            ("last_slot", "bigint", "Last slot that is withheld."),
        ],
        rows=[(holdout.key, holdout.phase, holdout.salt, *holdout.slots)] if holdout else [],
        key=["experiment"],
    )


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
        | ({"data_tests": ["not_null"]} if name in table.key else {})
        for name, _, description in table.columns
    ]
    unique: dict[str, Any] = {"unique_together": {"arguments": {"columns": list(table.key)}}}
    return model_yml(table.name, table.description, columns, data_tests=[unique])
