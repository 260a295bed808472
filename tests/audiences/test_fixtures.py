"""The form of `tests`: fixture people, what is known of them, and what should become of them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from audiences.language.fixtures import Happened, resolve
from audiences.loader import check_definitions, load_definitions
from tests.audiences.conftest import EXPERIMENT, LANGUAGE, SMALLEST, TRAITS

Write = Callable[..., Path]

FIRST = """\
tests:
  - name: buyer
    as_of: 2026-03-01
    given: { order_count: 2, country: NO, birth_date: 1990-01-31, consent: { email: granted } }
    expect: { disposition: eligible }
"""
SECOND = """\
  - name: other
    given: { extends: buyer }
    expect: { disposition: eligible }
"""
BASE = SMALLEST + EXPERIMENT + FIRST


def given(more: str) -> str:
    return BASE + SECOND.replace("extends: buyer", f"extends: buyer, {more}")


def second(old: str, new: str) -> str:
    assert old in SECOND
    return BASE + SECOND.replace(old, new)


WRONG = [
    # code, path, what the message says, the fix, text
    ("AUD201", "tests[1].given.cuontry", "not a column", "`country`?", given("cuontry: DE")),
    ("AUD201", "tests[1].given.event", "not a column", "`events`?", given("event: x")),
    ("AUD201", "tests[1].given.order_count", "a number", "12", given("order_count: many")),
    (
        "AUD201",
        "tests[1].given.lifecycle_stage",
        "never `actve`",
        "`active`?",
        given("lifecycle_stage: actve"),
    ),
    ("AUD201", "tests[1].given.is_member", "a boolean", "true", given("is_member: yes")),
    ("AUD100", "tests[1].given.country", "not one value", "column: value", given("country: [DE]")),
    ("AUD100", "tests[1].given.as_of_date", "as a trait", "`as_of`", given("as_of_date: x")),
    ("AUD100", "tests[1].given.customer_id", "as a trait", "`arm`", given("customer_id: x")),
    ("AUD100", "tests[1].given.arm", "not an arm", "`message`?", given("arm: massage")),
    (
        "AUD100",
        "tests[1].expect.arm",
        "not an arm",
        "known here",
        BASE + SECOND.replace("eligible", "eligible, arm: x"),
    ),
    ("AUD100", "tests[1].given.consent.email", "'granted'", "", given("consent: { email: no }")),
    ("AUD100", "tests[1].given.events[0]", "one name", "`name: [", given("events: [order]")),
    ("AUD103", "tests[1].given.events[0].days[0]", "date", "", given("events: [{ x: [soon] }]")),
    (
        "AUD103",
        "tests[1].given.audiences[0]",
        "left before",
        "[entered, left]",
        given("audiences: [{ everybody: [2026-02-01, 2026-01-01] }]"),
    ),
    ("AUD110", "tests[1].given.audiences[0]", "not an", "`ever", given("audiences: [everybdy]")),
    (
        "AUD110",
        "tests[1].given.contacts[0]",
        "not an audience",
        "`everybody`?",
        given("contacts: [{ everbody: [2026-01-01] }]"),
    ),
    (
        "AUD100",
        "tests[1].expect.disposition",
        "`eligble` is not",
        "`eligible`?",
        second("disposition: eligible", "disposition: [holdout, eligble]"),
    ),
    ("AUD101", "tests[1].expect.outcome", "unknown key", "", second("disposition", "outcome")),
    ("AUD100", "tests[1].name", "another test", "another", second("other", "buyer")),
    ("AUD100", "tests[1].given.extends", "above", "`buyer`?", second(": buyer", ": byer")),
    ("AUD100", "tests[1]", "has no `as_of`", "2026-03-01", second("extends: buyer", "")),
    ("AUD104", "tests[1].given.arm", "has no value", "", given("arm: null")),
]


def test_a_sensitive_column_is_given_in_its_kind(write: Write) -> None:
    allowed = {"newsletter": {"birth_date": "day"}}
    language = replace(LANGUAGE, traits={**TRAITS, "birth_date": "sensitive"}, sensitive=allowed)
    _, [problem] = check_definitions(write(given("birth_date: soon")), language)
    assert (problem.code, problem.path) == ("AUD201", "tests[1].given.birth_date")
    assert check_definitions(write(given("birth_date: 1990-01-31")), language)[1] == []


@pytest.mark.parametrize(
    ("code", "path", "says", "fix", "text"), WRONG, ids=[f"{one[0]} {one[1]}" for one in WRONG]
)
def test_what_is_wrong_is_said(  # noqa: PLR0917 - one a column of the table
    write: Write, code: str, path: str, says: str, fix: str, text: str
) -> None:
    _, [problem] = check_definitions(write(text), LANGUAGE)
    assert (problem.code, problem.path) == (code, path)
    assert says in problem.rule
    assert fix in problem.fix


def test_a_test_extends_one_above_it(write: Write) -> None:
    more = (
        "country: null, matched_since: 2026-02-20, consent: { push: never }, arm: holdout,"
        " events: [{ clicked: [2026-01-01], campaign_id: spring }], audiences: [everybody],"
        " contacts: [{ everybody: [2026-02-01] }]"
    )
    [definition] = load_definitions(write(given(more)), LANGUAGE)
    day, person = resolve(definition.tests)["other"]
    assert day == date(2026, 3, 1)
    assert person.traits == {"order_count": "2", "country": None, "birth_date": "1990-01-31"}
    assert person.consent == {"email": "granted", "push": "never"}
    assert person.events == (
        Happened.model_validate({"clicked": ["2026-01-01"], "campaign_id": "spring"}),
    )
    assert (person.arm, person.matched_since) == ("holdout", date(2026, 2, 20))
    assert [stay.days for stay in person.audiences] == [()]
    assert [(each.name, each.days) for each in person.contacts] == [
        ("everybody", (date(2026, 2, 1),))
    ]
    assert resolve(definition.tests)["buyer"][1].consent == {"email": "granted"}
