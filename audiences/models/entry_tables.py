"""What decides who enters, as columns of the settings and tables beside them."""

from collections.abc import Iterable, Mapping

from audiences.language.blocks import days_of
from audiences.language.global_holdout import GlobalHoldout
from audiences.models.tables import TEXT, Table, Value
from audiences.spec import Definition

ENTRY_COLUMNS = [
    ("step", "bigint", "Which step of its programme it is."),
    ("follows", TEXT, "The audience that is the step before."),
    ("follows_after_days", "bigint", "Days after entering that one this one is entered."),
    ("min_match_days", "bigint", "Runs in a row the rule must hold before entering."),
    ("reentry_after_days", "bigint", "Days after leaving before entering again."),
    ("max_entries", "bigint", "How often one person may enter."),
    ("max_stay_days", "bigint", "Longest stay; a step that is followed ends with the wait."),
    ("capacity", "bigint", "How many people there is room for."),
    ("priority_group", TEXT, "The group in which a person is in one audience at a time."),
    ("priority_rank", "bigint", "Its rank in the group; the lowest wins."),
    ("meets_global_holdout", "boolean", "Whether the global holdout is withheld from it."),
]


def entry_row(
    one: Definition, steps: Mapping[tuple[str, int], Definition], holdout: GlobalHoldout | None
) -> tuple[Value, ...]:
    """The values of these columns for an audience, given all steps of programmes."""
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
        _meets(one, holdout),
    )


def _meets(one: Definition, holdout: GlobalHoldout | None) -> bool:
    respects = one.experiment is None or one.experiment.respects_global_holdout
    return holdout is not None and one.contact is not None and respects


def frequency_caps(definitions: Iterable[Definition]) -> Table:
    """The caps on how often a person may be contacted."""
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


def global_holdout(holdout: GlobalHoldout | None) -> Table:
    """The global holdout; no row when there is none."""
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
