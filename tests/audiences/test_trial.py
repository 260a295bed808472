"""Fixture people run through the models: what is given reaches them, and a failure says what decided."""

import re
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from audiences.errors import InputError
from audiences.loader import load_definitions
from audiences.tools.invented import slot
from audiences.tools.trial import Models, Outcome, run_tests
from orchestration.compile import audience_language
from orchestration.rendering import render_models
from orchestration.settings import DEFINITIONS, load_settings
from tests.audiences.conftest import EXPERIMENT, SMALLEST
from tests.audiences.dbt_sql import compiled

LANGUAGE = audience_language()
RULE = """\
  all:
    - { column: order_count, gte: 1 }
    - { not: { event: order_completed, within: 30d } }
    - { not: { event: email_clicked, where: { campaign_id: spring } } }
exclude: { audience: second }
"""
SECOND = SMALLEST.replace("everybody", "second")
WHOLE = SMALLEST.replace(" { column: order_count, gte: 1 }\n", f"\n{RULE}") + EXPERIMENT
PEOPLE = [
    # what is given, what becomes of the person, what decided
    ("consent: { email: granted }", "eligible", "nothing stopped"),
    ("consent: { email: granted }, arm: message", "eligible", "nothing stopped"),
    ("consent: { email: granted }, arm: holdout", "holdout", "arm: arm holdout, not delivered"),
    (
        "country: DE",
        "no_consent",
        "consent: email not allowed (no decision, and the country asks for a yes)",
    ),
    ("country: US", "eligible", "nothing stopped"),
    ("consent: { email: never, push: granted }", "no_consent", "consent: email not allowed"),
    ("consent: { email: withdrawn }", "no_consent", "(withdrawn since 2026-02-28)"),
    ("consent: { email: granted }, email: null", "unreachable", "reachability: no address"),
    ("order_count: 0", "not_matched", "order_count at least 1: does not hold (order_count 0)"),
    ("order_count: null", "not_matched", "unknown: counts as no match (order_count missing)"),
    (
        "events: [{ order_completed: [2026-01-30, 2025-01-01] }]",
        "not_matched",
        "holds (times 1, from 2026-01-30, to 2026-03-01)",
    ),
    (
        "events: [{ order_completed: [2026-01-29] }, { email_clicked: [2026-02-28] }]",
        "no_consent",
        "consent",
    ),
    (
        "events: [{ email_clicked: [2025-01-01], campaign_id: spring }]",
        "not_matched",
        "event email_clicked campaign_id spring at least 1 times: holds (times 1)",
    ),
    ("audiences: [second]", "excluded", "exclude: was in second the day before: holds"),
    ("audiences: [{ second: [2026-01-01, 2026-02-01] }]", "no_consent", "consent"),
    ("audiences: [everybody], arm: holdout, country: US", "holdout", "arm"),
    ("contacts: [{ everybody: [2026-02-28] }], country: US", "eligible", "nothing stopped"),
]


@pytest.fixture(scope="module")
def shipped() -> Models:
    return render_models(load_settings())


def tried(folder: Path, shipped: Models, tests: str, whole: str = WHOLE) -> list[Outcome]:
    """The outcomes of tests of the invented audience."""
    (folder / "everybody.yml").write_text(f"{whole}tests:\n{tests}", encoding="utf-8")
    (folder / "second.yml").write_text(SECOND, encoding="utf-8")
    generated = {f'"memory".{name}': sql for name, sql in compiled(folder, LANGUAGE).items()}
    counts = '"memory"."audiences"."audience_event_counts"'
    staged = {name: text for name, text in shipped.sql.items() if "stg_state__" in name}
    first = {**staged, counts: generated[counts]}  # which the rule asks, unlike a shipped one
    sql = first | {name: generated.get(name, text) for name, text in shipped.sql.items()}
    definitions = load_definitions(folder, LANGUAGE)
    return list(run_tests(definitions, replace(shipped, sql=sql), LANGUAGE.traits))


def a_test(number: int, given: str, disposition: str) -> str:
    return (
        f"  - name: test {number}\n    as_of: 2026-03-01\n"
        f"    given: {{ {given if 'order_count' in given else f'order_count: 2, {given}'} }}\n"
        f"    expect: {{ disposition: {disposition} }}\n"
    )


def test_what_is_given_decides(shipped: Models, tmp_path: Path) -> None:
    """Everybody is expected elsewhere, so that what decided is looked up."""
    tests = "".join(a_test(number, one[0], "over_capacity") for number, one in enumerate(PEOPLE))
    outcomes = tried(tmp_path, shipped, tests)
    assert [(each.test, each.disposition) for each in outcomes] == [
        (f"test {number}", one[1]) for number, one in enumerate(PEOPLE)
    ]
    for outcome, (_, _, says) in zip(outcomes, PEOPLE, strict=True):
        assert not outcome.passed
        assert says in outcome.decided_by


def test_where_room_is_short_each_is_alone(shipped: Models, tmp_path: Path) -> None:
    room = "entry: { capacity: { max: 1, order_by: [order_count desc] } }\n"
    tests = "".join(a_test(number, "country: US", "eligible") for number in range(3))
    outcomes = tried(tmp_path, shipped, tests, WHOLE + room)
    assert [outcome.disposition for outcome in outcomes] == ["eligible"] * 3


def test_a_failure_says_expected_got_and_what_decided(shipped: Models, tmp_path: Path) -> None:
    tests = a_test(0, "country: DE", "[eligible, holdout]") + a_test(1, "arm: holdout", "holdout")
    tests += "  - name: arm\n    given: { extends: test 1, country: US }\n"
    tests += "    expect: { disposition: holdout, arm: message }\n"
    first, _, third = tried(tmp_path, shipped, tests)
    assert not first.passed
    assert first.problem == (
        "everybody.yml: AUD207 tests: test 0: expected eligible or holdout, got no_consent;"
        " decided by consent: email not allowed (no decision, and the country asks for a yes)"
    )
    assert "expected holdout in arm message, got holdout in arm holdout" in third.problem


def test_the_draw_is_the_one_of_the_models(shipped: Models) -> None:
    people = [f"c{number}" for number in range(9)]
    drawn = re.search(r"cast\('0x' \|\| substr\(md5\(.*?% 10000", "".join(shipped.sql.values()))
    assert drawn is not None
    macro = re.sub(r"md5\(.*\), 1,", "md5($salt || ':' || customer_id), 1,", drawn[0])
    found = duckdb.sql(
        f"select {macro} from (select unnest($people) as customer_id)",
        params={"salt": "0123456789abcdef", "people": people},
    ).fetchall()
    assert [number for (number,) in found] == [slot("0123456789abcdef", each) for each in people]


def test_a_value_that_does_not_fit_its_column_is_said(shipped: Models, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="everybody: test 0: a value of customer_traits"):
        tried(tmp_path, shipped, a_test(0, "birth_date: long ago", "eligible"))


def test_the_shipped_definitions_pass_their_tests(shipped: Models) -> None:
    """`perennial audiences test`, as `make test` runs it."""
    definitions = [one for one in load_definitions(DEFINITIONS, LANGUAGE) if one.is_evaluated]
    outcomes = run_tests(definitions, shipped, LANGUAGE.traits)
    assert [outcome.problem for outcome in outcomes if not outcome.passed] == []
