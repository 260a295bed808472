"""Conditions on events and on other audiences: what they count, at which border, and for whom."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from audiences.compiler import compile_definitions
from audiences.language.events import Event
from audiences.loader import load_definitions
from tests.audiences.conftest import SMALLEST
from tests.audiences.days import (
    ANALYSIS,
    DAY,
    WITH_TEST,
    define,
    memberships,
    permission,
    traits,
)
from tests.audiences.dbt_sql import House

ALL = "match: { column: order_count, gte: 0, if_null: match }"
DAYS = timedelta(days=1)


@pytest.fixture
def house(models: dict[str, str]) -> Iterator[House]:
    house = House(models)
    yield house
    house.state.close()
    house.warehouse.close()


def done(person: str, *days_ago: float, event: str = "x", **about: str) -> list[tuple[object, ...]]:
    end_of_day = datetime.combine(DAY, datetime.max.time())
    ids = (about.get("product_id"), about.get("campaign_id"))
    return [(person, end_of_day - days * DAYS, event, *ids) for days in days_ago]


EVENTS = [
    *done("a", 0, 10, 30),
    *done("b", 30, 30),
    *done("c", 31),
    *done("d", 5, event="y", product_id="p1", campaign_id="k"),
    *done("d", 6, event="y", product_id="p2"),
    *done("d", 1, event="it's odd"),
]
ASKED = [
    ("{ event: x }", "abc"),
    ("{ event: x, within: 30d }", "ab"),
    ("{ event: x, within: 31d }", "abc"),
    ("{ event: x, within: 29d, count: { eq: 2 } }", "a"),
    ("{ event: x, count: { eq: 0 } }", "de"),
    ("{ event: x, count: { lt: 2 } }", "cde"),
    ("{ event: x, count: { lte: 2 } }", "bcde"),
    ("{ event: x, count: { gt: 2 } }", "a"),
    ("{ event: x, count: { gte: 2 } }", "ab"),
    ("{ event: x, count: { between: [1, 2] } }", "bc"),
    ("{ not: { event: x, count: { between: [1, 2] } } }", "ade"),
    ("{ not: { event: x, within: 30d } }", "cde"),
    ("{ event: y, where: { product_id: p1 } }", "d"),
    ("{ event: y, where: { product_id: [p2, p1] }, count: { eq: 2 } }", "d"),
    ("{ event: y, where: { product_id: p2, campaign_id: k } }", ""),
    ('{ event: "it\'s odd" }', "d"),
    ("{ event: nobody_does_this, count: { eq: 0 } }", "abcde"),
    ("{ all: [{ event: x, within: 30d }, { not: { event: x, within: 9d } }] }", "b"),
]


def test_events_are_counted(house: House, tmp_path: Path) -> None:
    """Every question is an audience of its own, all of them answered in one run."""
    questions = {f"q{number}": condition for number, (condition, _) in enumerate(ASKED)}
    texts = {
        name: ANALYSIS.replace("everybody", name).replace(ALL, f"match: {condition}")
        for name, condition in questions.items()
    }
    define(house, tmp_path, **texts)
    house.fill("activation.customer_traits", [traits(person) for person in "abcde"])
    house.fill("activation.customer_events", EVENTS)
    house.run_day(DAY, {})
    found = house.rows("select audience, customer_id from audiences.audience_candidates order by 2")
    answers = [
        (condition, "".join(str(person) for audience, person in found if audience == name))
        for name, condition in questions.items()
    ]
    assert answers == ASKED


def test_one_scan_counts_for_all_audiences(tmp_path: Path) -> None:
    for name, condition in {
        "someone": "{ event: x, within: 30d, where: { product_id: [q, p, p] } }",
        "others": "{ not: { event: x, within: 30d, where: { product_id: [p, q] }, count: { eq: 2 } } }",
        "more": "{ event: x, within: 7d }",
    }.items():
        text = SMALLEST.replace("everybody", name)
        text = text.replace("{ column: order_count, gte: 1 }", condition)
        (tmp_path / f"{name}.yml").write_text(text)
    files = compile_definitions(load_definitions(tmp_path), {})
    sql = files["audience_event_counts.sql"]
    assert sql.count("count(") == 2
    assert sql.count("ref('customer_events')") == 1
    assert "Times of x at most 30 days ago, product_id p or q." in (
        files["audience_event_counts.yml"].replace("\n    ", " ")
    )


def test_different_questions_never_share_a_count() -> None:
    asked = [
        {"event": "x"},
        {"event": "X"},
        {"event": "x_"},
        {"event": "x", "within": "7d"},
        {"event": "x", "where": {"product_id": "p"}},
        {"event": "x", "where": {"campaign_id": "p"}},
        {"event": "x" * 60},
        {"event": "x" * 61},
    ]
    columns = [Event.model_validate(each).column for each in asked]
    assert len(set(columns)) == len(columns)
    assert max(map(len, columns)) <= 63


def test_audiences_are_asked_about_the_day_before(house: House, tmp_path: Path) -> None:
    """Withheld members count, who left does not, and today's membership is never seen."""
    everybody = ANALYSIS.replace(ALL, "match: { audience: buyers }")
    outside = ANALYSIS.replace("everybody", "outside") + "exclude: { audiences: [buyers] }\n"
    define(house, tmp_path, buyers=WITH_TEST, everybody=everybody, outside=outside)
    people = [f"c{number}" for number in range(8)]
    house.fill("activation.contact_permissions", [permission(person) for person in people])
    verdicts = dict.fromkeys(["buyers", "everybody", "outside"], "pass")

    def asked_on(day: date, stages: dict[str, str]) -> tuple[set[object], set[object]]:
        rows = [traits(person, stages.get(person, "active")) for person in people]
        house.fill("activation.customer_traits", rows)
        house.run_day(day, verdicts)
        found = house.rows(
            "select audience, customer_id, is_excluded from audiences.audience_candidates"
        )
        within = {person for audience, person, _ in found if audience == "everybody"}
        excluded = {person for audience, person, out in found if audience == "outside" and out}
        return within, excluded

    assert asked_on(DAY, {}) == (set(), set())
    assert {row[-1] for row in memberships(house)} == {True, False}
    assert asked_on(DAY + DAYS, {"c0": "churned"}) == (set(people), set(people))
    assert asked_on(DAY + 2 * DAYS, {}) == (set(people) - {"c0"}, set(people) - {"c0"})
    assert asked_on(DAY + 2 * DAYS, {}) == (set(people) - {"c0"}, set(people) - {"c0"})
    assert asked_on(DAY + 3 * DAYS, {})[0] == set(people)
