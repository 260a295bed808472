"""Why one person is in an audience or not: verdicts are those of the models, in words."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings

from audiences.explain import Explanation, explain
from audiences.loader import check_definitions, load_definitions
from audiences.tools.condition_tree import Asker, flattened
from tests.audiences.conftest import LANGUAGE as TYPED
from tests.audiences.conftest import TRAITS
from tests.audiences.days import ANALYSIS, DAY, LANGUAGE, PASS, PEOPLE, permission, traits
from tests.audiences.dbt_sql import STATE, WAIST, House, compiled
from tests.audiences.test_compiler import TABLE
from tests.audiences.test_fuzz import FOLDERS, FUZZ, definitions_of
from tests.audiences.test_fuzz import PEOPLE as STRANGERS


@pytest.fixture
def house(house: House) -> House:
    """With the column of permissions that only a person asks for."""
    house.warehouse.execute(
        "alter table activation.contact_permissions add column since timestamp default timestamp '2026-02-01'"
    )
    return house


def asked(house: House, folder: Path, person: str, audience: str = "buyers") -> Explanation:
    one = next(d for d in load_definitions(folder, LANGUAGE) if d.audience == audience)
    return explain(house.warehouse, one, LANGUAGE.traits, person)


def gates(found: Explanation) -> dict[str, tuple[str, str]]:
    return {gate.gate: (gate.saw, gate.verdict) for gate in found.gates}


def test_who_does_not_match_is_told_the_condition(house: House, tmp_path: Path) -> None:
    house.fill("activation.customer_traits", [traits("a", "churned"), traits("b", None)])
    house.run_day(DAY, PASS)
    found = asked(house, tmp_path, "a")
    assert (found.disposition, found.membership, found.gates) == ("not_matched", None, [])
    assert found.decided_by == (
        "lifecycle_stage is active: does not hold (lifecycle_stage churned)"
    )
    assert "unknown: counts as no match" in asked(house, tmp_path, "b").decided_by
    assert asked(house, tmp_path, "b", "everybody").disposition == "eligible"


def test_gates_say_what_they_saw(house: House, tmp_path: Path) -> None:
    house.fill(
        "activation.customer_traits",
        [traits("a"), traits("b", country="XX"), traits("c", email=None), traits("d")],
    )
    permissions = [
        permission("a", "withdrawn"),
        permission("a", "granted", "push"),
        permission("b"),
        permission("c"),
        permission("d", "withdrawn"),
    ]
    since = datetime(2026, 2, 1)
    house.fill("activation.contact_permissions", [(*row, since) for row in permissions])
    house.run_day(DAY, PASS)
    found = gates(asked(house, tmp_path, "a"))
    assert found["exclude"] == ("not excluded", "passed")
    saw, verdict = found["consent"]
    assert "email not allowed (withdrawn since 2026-02-01)" in saw
    assert "push allowed (granted" in saw
    assert verdict == "passed"
    assert found["reachability"] == ("reached by push", "passed")
    excluded = asked(house, tmp_path, "b")
    assert excluded.decided_by == "exclude: country is XX: holds (country XX)"
    assert {verdict for _, verdict in gates(excluded).values()} == {"stopped", "not met"}
    assert asked(house, tmp_path, "c").decided_by.startswith("reachability: no address")
    refused = asked(house, tmp_path, "d")
    assert refused.disposition == "no_consent"
    assert refused.decided_by.startswith("consent: email not allowed (withdrawn")


def test_an_address_in_two_arms_is_told(house: House, tmp_path: Path) -> None:
    house.run_day(DAY, PASS)
    [held, sent] = [
        next(person for person in PEOPLE if asked(house, tmp_path, person).disposition == each)
        for each in ("holdout", "eligible")
    ]
    house.fill("activation.customer_traits", [])
    house.run_day(DAY + timedelta(days=1), PASS)
    mail = "home@example.com"
    house.fill("activation.customer_traits", [traits(who, email=mail) for who in (held, sent)])
    house.run_day(DAY + timedelta(days=2), PASS)
    told = asked(house, tmp_path, sent).decided_by
    assert told.startswith("arm: arm none, people with this address are in two arms, not delivered")


def test_a_sensitive_column_is_explained_as_it_was_compiled(house: House, tmp_path: Path) -> None:
    language = replace(
        LANGUAGE,
        traits={**LANGUAGE.traits, "country": "sensitive"},
        sensitive={"newsletter": {"country": "text"}},
    )
    text = ANALYSIS.replace(
        "column: order_count, gte: 0, if_null: match", "column: country, eq: DE"
    )
    (tmp_path / "everybody.yml").write_text(text)
    (tmp_path / "buyers.yml").unlink()
    house.definitions = compiled(tmp_path, language)
    house.fill("activation.customer_traits", [traits("a"), traits("b", country="XX")])
    house.run_day(DAY, PASS)
    [one] = load_definitions(tmp_path, language)
    for person, disposition in (("a", "eligible"), ("b", "not_matched")):
        found = explain(house.warehouse, one, language.written_traits, person)
        assert (found.disposition, found.is_outdated) == (disposition, False)


def test_a_membership_is_told_from_entry_to_exit(house: House, tmp_path: Path) -> None:
    house.run_day(DAY, PASS)
    inside = [asked(house, tmp_path, person) for person in PEOPLE]
    withheld = next(found for found in inside if found.disposition == "holdout")
    assert withheld.membership is not None
    assert (withheld.membership.is_delivered, withheld.membership.entry_seq) == (False, 1)
    assert withheld.decided_by.startswith("arm: arm holdout, not delivered (slot ")
    house.fill("activation.customer_traits", [traits(person, "churned") for person in PEOPLE])
    assert asked(house, tmp_path, PEOPLE[0]).is_outdated
    house.run_day(DAY + timedelta(days=1), PASS)
    gone = asked(house, tmp_path, PEOPLE[0])
    assert gone.is_standing
    assert not gone.is_outdated
    assert gone.membership is not None
    assert gone.membership.exit_reason == "rule"


def test_who_is_no_customer_is_told_why(house: House, tmp_path: Path) -> None:
    house.run_day(DAY, PASS)
    assert asked(house, tmp_path, "nobody").absence == "is not known"
    house.warehouse.execute("create schema core")
    house.warehouse.execute(
        "create table core.dim_customers as"
        " select * from (values ('gone', false), ('forgotten', true)) as t(customer_id, is_erased)"
    )
    assert asked(house, tmp_path, "gone").absence == "has been deleted in the shop"
    assert asked(house, tmp_path, "forgotten").decided_by == "has been erased"


def test_no_address_or_name_is_shown(house: House, tmp_path: Path) -> None:
    (tmp_path / "named.yml").write_text(
        """\
version: 1
audience: named
label: { en: "Named" }
owner: someone@example.com
purpose: newsletter
evergreen: true
match: { all: [{ column: email, in: [x] }, { sql: "length(email) > 3", reason: "tried" }] }
contact: none
""",
        encoding="utf-8",
    )
    house.run_day(DAY, PASS)
    found = asked(house, tmp_path, PEOPLE[0], "named")
    assert found.disposition is None
    assert found.match is not None
    assert [dict(node.saw) for _, node in flattened(found.match)] == [
        {},
        {"email": "(given)"},
        {"email": "(given)"},
    ]
    assert PEOPLE[0] + "@" not in str(found)


@pytest.fixture
def strangers() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as warehouse:
        for schema in ("activation", "staging", "audiences"):
            warehouse.execute(f"create schema {schema}")
        warehouse.execute(f"create table activation.customer_traits ({TABLE})")
        warehouse.execute(f"create table activation.customer_events ({WAIST['customer_events']})")
        warehouse.execute(f"create table staging.stg_state__memberships ({STATE['memberships']})")
        marks = ", ".join("?" for _ in TRAITS)
        warehouse.executemany(f"insert into activation.customer_traits values ({marks})", STRANGERS)
        warehouse.execute(
            "insert into activation.customer_events (customer_id, occurred_at, event_name)"
            " select 'a', timestamp '2026-03-01', 'order_completed' from range(2)"
        )
        yield warehouse


@settings(max_examples=50, **FUZZ)
@given(conditions=FOLDERS)
def test_verdicts_are_those_of_the_models(
    strangers: duckdb.DuckDBPyConnection, tmp_path: Path, conditions: dict[str, Any]
) -> None:
    """Whatever the condition, what is explained is what the boolean model decides."""
    for file in tmp_path.glob("*.yml"):
        file.unlink()
    for name, text in definitions_of(conditions):
        (tmp_path / name).write_text(text, encoding="utf-8")
    definitions, problems = check_definitions(tmp_path, TYPED)
    if problems:
        return
    models = compiled(tmp_path, TYPED)
    for name in ("audience_event_counts", "audience_matches"):
        relation = f'"audiences"."{name}"'
        sql = models[relation].replace("2001-01-01", DAY.isoformat())
        strangers.execute(f"create or replace table {relation} as {sql}")
    for one in definitions:
        decided = strangers.execute(
            f"select customer_id, {one.audience} from audiences.audience_matches"
        ).fetchall()
        for person, matches in decided:
            asker = Asker(strangers, TYPED.traits, person, DAY)
            assert asker.ask(one.match).holds is matches
