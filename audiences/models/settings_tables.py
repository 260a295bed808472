"""What the definitions set, as generated tables: to the models, settings are data."""

from collections.abc import Iterable, Sequence

from audiences.language.consent import SUPPRESSIONS
from audiences.language.global_holdout import GlobalHoldout
from audiences.models.entry_tables import ENTRY_COLUMNS, entry_row, frequency_caps, global_holdout
from audiences.models.tables import TEXT, Table, Value, table_files
from audiences.spec import Definition


def settings_files(
    definitions: Sequence[Definition], holdout: GlobalHoldout | None
) -> dict[str, str]:
    """The generated tables of settings, as file name -> text."""
    return table_files(
        [
            _settings(definitions, holdout),
            _channels(definitions),
            _arms(definitions),
            frequency_caps(definitions),
            global_holdout(holdout),
        ]
    )


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
            ("denies_unknown", "boolean", "Whether silence denies where the country would allow."),
            ("suppressed_reasons", TEXT, "Reasons that suppress a channel, each between | signs."),
            ("experiment", TEXT, "Key of its experiment."),
            ("phase", "bigint", "Phase of the experiment."),
            ("salt", TEXT, "Salt that proposes slots."),
            ("goal_metric", TEXT, "What it is for."),
            ("goal_window_days", "bigint", "Days after entry in which the goal counts."),
            *ENTRY_COLUMNS,
        ],
        rows=[(*_settings_row(one), *entry_row(one, steps, holdout)) for one in definitions],
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
        one.program.name if one.program else None,
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
