"""The suite of an audience about to leave, made from its definition. Says what to expect; runs nothing.

A suite looks at the audience's one row of numbers (audiences.measures). The reason for which a broken expectation
holds the audience, in words, is the expectation's `meta`.
"""

from collections.abc import Iterator
from datetime import date
from math import ceil, floor

from great_expectations.expectations.expectation import Expectation

from audiences.counting import CountBetween
from audiences.measures import Measures
from audiences.spec import Definition


def suite_for(definition: Definition, measures: Measures, as_of: date) -> list[Expectation]:
    """What to expect of an audience's numbers; one that has ended may become empty.

    Args:
        definition: The audience.
        measures: Its numbers, for the bounds that depend on the last time it passed, and for the reasons.
        as_of: The day.
    """
    found = list(_sound(measures))
    ended = definition.expires_on is not None and definition.expires_on < as_of
    if definition.is_evaluated and not ended:
        found.extend(_size(definition, measures))
        found.extend(_change(definition, measures))
    return found


def _sound(measures: Measures) -> Iterator[Expectation]:
    yield _within(
        "candidates",
        measures.matched,
        measures.matched,
        f"{measures.matched:,} customers match but {measures.candidates:,} have a disposition",
    )
    for column, words in (
        ("without_id", "candidates have no customer_id"),
        ("repeated", "candidates repeat the customer_id of another"),
        ("unpermitted", "eligible candidates have no channel they allow"),
        ("in_wrong_arm", "candidates are in an arm that does not fit their disposition"),
    ):
        yield _within(column, None, 0, f"{getattr(measures, column):,} {words}")


def _size(definition: Definition, measures: Measures) -> Iterator[Expectation]:
    size = definition.guardrails.size
    if size.min is not None:
        reason = f"{measures.reach:,} people are fewer than guardrails.size.min {size.min:,}"
        yield _within("reach", size.min, None, reason)
    if size.max is not None:
        reason = f"{measures.reach:,} people are more than guardrails.size.max {size.max:,}"
        yield _within("reach", None, size.max, reason)
    if measures.members and not definition.guardrails.allow_empty:
        yield _within(
            "reach", 1, None, f"it became empty and would lose {measures.members:,} members"
        )


def _change(definition: Definition, measures: Measures) -> Iterator[Expectation]:
    """Bounds from the last good size; there are none on the first run and after an empty one."""
    if not (last := measures.last_reach):
        return
    change = definition.guardrails.change
    for low, high, limit in (
        (None, ceil(last * (1 + change.max_growth)), f"max_growth {change.max_growth:.0%}"),
        (floor(last * (1 - change.max_shrink)), None, f"max_shrink {change.max_shrink:.0%}"),
    ):
        reason = f"{last:,} people became {measures.reach:,}, beyond guardrails.change.{limit}"
        yield _within("reach", low, high, reason)


def _within(column: str, low: int | None, high: int | None, reason: str) -> Expectation:
    return CountBetween(
        column=column, min_value=low, max_value=high, meta={"reason": reason}, description=reason
    )
