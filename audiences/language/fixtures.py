"""Fixture people of a definition's `tests`: an invented person and what should become of them.

Here is their form and what a file can tell is wrong with them; trial.py runs them.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from audiences.dispositions import DISPOSITIONS, NOT_MATCHED
from audiences.language.blocks import Block, Day, Line, Name, broken, nearest
from audiences.language.columns import FORMS, Closed, Finding, Traits, check_value, has_form

OUTCOMES = (NOT_MATCHED, *DISPOSITIONS)
SET_OTHERWISE = {
    "as_of_date": "write `as_of` beside `given`",
    "customer_id": "leave it out; `arm` says which arm the person draws",
}


def _check_days(days: tuple[date, ...]) -> tuple[date, ...]:
    if not days:
        raise broken("AUD100", "names no day", "write `name: [2026-02-01]`")
    return days


Days = Annotated[tuple[Day, ...], AfterValidator(_check_days)]


def _as_list(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


def _as_stay(value: Any) -> Any:
    """A bare name says that the person was in that audience the day before."""
    return {"name": value, "days": ()} if isinstance(value, str) else _only_key(value)


def _only_key(value: Any) -> Any:
    """`{ name: [days] }` as name and days."""
    if isinstance(value, dict) and len(value) == 1:
        [(name, days)] = value.items()
        return {"name": name, "days": days}
    raise broken("AUD100", "is not one name with its days", "write `name: [2026-02-01]`")


class Happened(Block):
    """One event and the days it happened, `{ order_completed: [2026-02-01] }`, and what it was about."""

    name: Line
    days: Days
    product_id: Line | None = None
    campaign_id: Line | None = None

    @model_validator(mode="before")
    @classmethod
    def _read(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return _only_key(data)
        about = {key: data[key] for key in ("product_id", "campaign_id") if key in data}
        return _only_key({key: data[key] for key in data if key not in about}) | about


class Stay(Block):
    """An audience the person is in, or was in from one day to another: `{ welcome: [entered, left] }`."""

    name: Name
    days: Annotated[tuple[Day, ...], Field(max_length=2)]

    @model_validator(mode="after")
    def _check_order(self) -> "Stay":
        if self.days != tuple(sorted(self.days)):
            raise broken("AUD103", "left before entering", "write [entered, left]")
        return self


class Contacted(Block):
    """The days on which the person was sent something for an audience: `{ welcome: [2026-02-01] }`."""

    name: Name
    days: Days


class Given(Block):
    """What is known of the person: any trait, and the keys below. What is not given is missing."""

    extends: Line | None = None
    matched_since: Day | None = None
    consent: dict[
        Literal["email", "sms", "push", "whatsapp", "webhook"],
        Literal["granted", "withdrawn", "objected", "never"],
    ] = Field(default_factory=dict)
    events: tuple[Happened, ...] = ()
    audiences: tuple[Annotated[Stay, BeforeValidator(_as_stay)], ...] = ()
    contacts: tuple[Annotated[Contacted, BeforeValidator(_only_key)], ...] = ()
    arm: Name | None = None
    traits: dict[str, str | None] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _read(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        own = {key: data[key] for key in data if key in OWN_KEYS}
        traits = {key: data[key] for key in data if key not in OWN_KEYS}
        for name, value in traits.items():
            if not (value is None or isinstance(value, str)):
                raise broken("AUD100", "is not one value", "write `column: value`", name)
        return own | {"traits": traits}

    def over(self, base: "Given") -> "Given":
        """What is said here, and of the base what is not."""
        said = {name: getattr(self, name) for name in self.model_fields_set - {"extends", "traits"}}
        consent = {**base.consent, **self.consent}
        traits = {**base.traits, **self.traits}
        return base.model_copy(update={**said, "consent": consent, "traits": traits})


OWN_KEYS = Given.model_fields.keys() - {"traits"}


class Expect(Block):
    """What should become of the person: a disposition or `not_matched`, or one of several."""

    disposition: Annotated[
        tuple[str, ...], BeforeValidator(_as_list), Field(min_length=1, strict=False)
    ]
    arm: Name | None = None

    @model_validator(mode="after")
    def _check_known(self) -> "Expect":
        for one in self.disposition:
            if one not in OUTCOMES:
                fix = nearest(one, OUTCOMES)
                raise broken("AUD100", f"`{one}` is not a disposition", fix, "disposition")
        return self


class Fixture(Block):
    """One test of a definition."""

    name: Line
    as_of: Day | None = None
    given: Given = Given()
    expect: Expect


def resolve(tests: Sequence[Fixture]) -> dict[str, tuple[date, Given]]:
    """The day and the person of each test by name, with what they extend; for tests that are sound."""
    resolved: dict[str, tuple[date, Given]] = {}
    for test in tests:
        day, given = test.as_of, test.given
        if given.extends:
            base_day, base = resolved[given.extends]
            day, given = day or base_day, given.over(base)
        assert day is not None  # check_tests
        resolved[test.name] = day, given
    return resolved


def check_tests(
    tests: Sequence[Fixture], arms: Collection[str], traits: Traits | None, closed: Closed
) -> Iterator[Finding]:
    """What is wrong with tests that their own text cannot tell.

    Args:
        tests: The tests of one definition.
        arms: The arms of its experiment.
        traits: The columns of customer_traits; without them columns are not looked up.
        closed: The values of columns that have a closed list of them.
    """
    earlier: list[str] = []
    for index, test in enumerate(tests):
        path = ("tests", index)
        if test.name in earlier:
            yield "AUD100", (*path, "name"), "is the name of another test", "choose another"
        yield from _check_base(test, path, earlier)
        earlier.append(test.name)
        for where, arm in (("given", test.given.arm), ("expect", test.expect.arm)):
            if arm is not None and arm not in arms:
                fix = nearest(arm, arms) if arms else "add an `experiment`, or leave it out"
                yield "AUD100", (*path, where, "arm"), "is not an arm of the experiment", fix
        for column, fix in SET_OTHERWISE.items():
            if column in test.given.traits:
                yield "AUD100", (*path, "given", column), "is not given as a trait", fix
        if traits is not None:
            yield from _check_traits(test.given.traits, (*path, "given"), traits, closed)


def _check_base(
    test: Fixture, path: tuple[Any, ...], earlier: Collection[str]
) -> Iterator[Finding]:
    base = test.given.extends
    if base is None and test.as_of is None:
        yield "AUD100", path, "has no `as_of`", "add the day, for example `as_of: 2026-03-01`"
    if base is not None and base not in earlier:
        fix = nearest(base, earlier) if earlier else "extend a test that stands above"
        yield "AUD100", (*path, "given", "extends"), "is not a test above this one", fix


def _check_traits(
    given: Mapping[str, str | None], path: tuple[Any, ...], traits: Traits, closed: Closed
) -> Iterator[Finding]:
    for column, value in given.items():
        if column in SET_OTHERWISE:
            continue
        if column not in traits:
            fix = nearest(column, {*traits, *OWN_KEYS})
            yield "AUD201", (*path, column), "is not a column of customer_traits", fix
            continue
        kind = traits[column]
        if value is None or kind == "sensitive":
            continue
        yield from check_value(column, value, (*path, column), closed)
        if not has_form(value, kind):
            form = FORMS[kind][1] if kind in FORMS else "printable text"
            yield "AUD201", (*path, column), f"does not fit {column}, a {kind}", f"write {form}"


def named_audiences(tests: Sequence[Fixture]) -> dict[tuple[Any, ...], str]:
    """The audiences that tests speak of, each by its place in the file."""
    return {
        ("tests", index, "given", key, place): name
        for index, test in enumerate(tests)
        for key, names in (
            ("audiences", [stay.name for stay in test.given.audiences]),
            ("contacts", [each.name for each in test.given.contacts]),
        )
        for place, name in enumerate(names)
    }
