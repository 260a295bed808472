"""The suite of an audience about to leave, made from its definition. Says what to expect; runs nothing.

A suite looks at the audience's one row of numbers (audiences.measures). Each expectation's `meta` names its guard, its
column and, in words, the reason for which it holds the audience when it is broken.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from math import ceil, floor

from great_expectations.expectations.expectation import Expectation

from audiences.guards.counting import CountBetween
from audiences.guards.measures import Measures
from audiences.spec import Definition

# What a person may accept once; any other breach says that the candidates themselves are wrong.
ACCEPTABLE = frozenset({"size", "change", "empty", "overlap", "freshness", "consents"})

_CODES = {
    "without_id": "AUD203",
    "repeated": "AUD203",
    "traits_off_days": "AUD301",
    "freshness": "AUD301",
    "size": "AUD302",
    "change": "AUD302",
    "empty": "AUD302",
    "consents": "AUD305",
    "overlap": "AUD309",
}


@dataclass(frozen=True)
class Breach:
    """A guard that holds an audience.

    Attributes:
        guard: Which one.
        value: The number that broke it.
        reason: Why, in words.
    """

    guard: str
    value: int
    reason: str


def suite_for(definition: Definition, measures: Measures, as_of: date) -> list[Expectation]:
    """What to expect of an audience's numbers; one that has ended may become empty.

    Args:
        definition: The audience.
        measures: Its numbers, for the bounds that depend on earlier passes, and for the reasons.
        as_of: The day.
    """
    found = list(_sound(measures))
    ended = definition.expires_on is not None and definition.expires_on < as_of
    if definition.is_evaluated and not ended:
        found.extend(_fresh(measures))
        found.extend(_size(definition, measures))
        found.extend(_change(definition, measures))
        found.extend(_overlap(definition, measures))
    return found


def _sound(measures: Measures) -> Iterator[Expectation]:
    matched = measures.matched
    reason = f"{matched:,} customers match but {measures.candidates:,} have a disposition"
    yield _within("candidates", matched, matched, "sums", reason)
    for column, words in (
        ("without_id", "candidates have no customer_id"),
        ("repeated", "candidates repeat the customer_id of another"),
        ("unpermitted", "eligible candidates have no channel they allow"),
        ("in_wrong_arm", "candidates are in an arm that does not fit their disposition"),
        ("traits_off_days", "days lie between the traits and this day; run the models first"),
    ):
        yield _within(column, None, 0, column, f"{getattr(measures, column):,} {words}")
    missing = ", ".join(f"{name} for {n:,}" for name, n in measures.details.payload_faults.items())
    reason = f"eligible candidates have no value of a payload column: {missing}"
    yield _within("without_value", None, 0, "payload", reason)


def _fresh(measures: Measures) -> Iterator[Expectation]:
    silent = ", ".join(
        f"{table} for {days} days" for table, days in measures.details.silent.items()
    )
    reason = f"raw tables are silent longer than they ever are: {silent}"
    guard = "consents" if list(measures.details.silent) == ["consents"] else "freshness"
    yield _within("silent_days", None, 0, guard, reason)


def _size(definition: Definition, measures: Measures) -> Iterator[Expectation]:
    """Who would be in the audience when the day is over, in all arms."""
    size, people = definition.guardrails.size, measures.admitted
    if size.min is not None:
        reason = f"{people:,} people are fewer than guardrails.size.min {size.min:,}"
        yield _within("admitted", size.min, None, "size", reason)
    if size.max is not None:
        reason = f"{people:,} people are more than guardrails.size.max {size.max:,}"
        yield _within("admitted", None, size.max, "size", reason)
    if measures.members and not definition.guardrails.allow_empty:
        reason = f"it became empty and would lose {measures.members:,} members"
        yield _within("admitted", 1, None, "empty", reason)


def _change(definition: Definition, measures: Measures) -> Iterator[Expectation]:
    """Bounds from the sizes that passed; there are none on the first run and after an empty one."""
    if not (usual := measures.usual_reach):
        return
    change = definition.guardrails.change
    before = f"{usual:,} people" if change.passes == 1 else f"a median of {usual:,} people"
    for low, high, limit in (
        (None, ceil(usual * (1 + change.max_growth)), f"max_growth {change.max_growth:.0%}"),
        (floor(usual * (1 - change.max_shrink)), None, f"max_shrink {change.max_shrink:.0%}"),
    ):
        reason = f"{before} became {measures.reach:,}, beyond guardrails.change.{limit}"
        yield _within("reach", low, high, "change", reason)


def _overlap(definition: Definition, measures: Measures) -> Iterator[Expectation]:
    if not (overlap := definition.guardrails.overlap):
        return
    people = measures.admitted
    most = ", ".join(
        f"{name} {_share(shared, people)}" for name, shared in measures.details.most_shared[:3]
    )
    reason = (
        f"{_share(measures.shared, people)} of {people:,} people are in {overlap.other} too, above "
        f"guardrails.overlap.max_share {overlap.max_share:.0%}; most are shared with: {most}"
    )
    yield _within("shared", None, floor(people * overlap.max_share + 1e-9), "overlap", reason)


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "none"


def _within(column: str, low: int | None, high: int | None, guard: str, reason: str) -> Expectation:
    words = f"{_CODES[guard]}: {reason}" if guard in _CODES else reason
    meta = {"guard": guard, "column": column, "reason": words}
    return CountBetween(column=column, min_value=low, max_value=high, meta=meta, description=words)
