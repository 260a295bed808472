"""Whole definitions by chance, every block of the language: never a traceback, nobody without consent is delivered."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from audiences.dispositions import DISPOSITIONS
from audiences.loader import check_definitions
from tests.audiences.days import ANALYSIS, DAY, PEOPLE, permission, traits
from tests.audiences.dbt_sql import House, compiled
from tests.audiences.test_fuzz import FUZZ
from tests.audiences.test_sending import CATALOGUE, LANGUAGE

REASONS = [
    "granted",
    "withdrawn",
    "objected",
    "bounced_hard",
    "minor",
    "unknown_opt_in",
    "unconfirmed",
]
SILENT = "unknown_opt_out"
GOAL = {"metric": "order_conversion", "window": "30d"}


def rarely(wrong: str, *right: Any) -> st.SearchStrategy[Any]:
    """One of the right values, and once in a while what is wrong."""
    chosen = st.sampled_from(right)
    return st.integers(0, 25).flatmap(lambda chance: st.just(wrong) if chance == 25 else chosen)


def block(**keys: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=keys)


DAYS = rarely("2w", "1d", "2d", "30d")
PROGRAM = st.one_of(
    st.just("cart"),
    st.fixed_dictionaries(
        {"name": rarely("Cart", "cart")},
        optional={
            "step": rarely("one", "1", "2"),
            "next_after": st.fixed_dictionaries({"step": rarely("9", "1"), "wait": DAYS}),
        },
    ),
)
ENTRY = block(
    min_match=DAYS,
    reentry_after=DAYS,
    max_entries=rarely("0", "1", "3"),
    max_stay=DAYS,
    capacity=st.fixed_dictionaries(
        {
            "max": rarely("-1", "1", "4"),
            "order_by": rarely("x", ["order_count desc"], ["country", "order_count asc"]),
        }
    ),
)
FREQUENCY = st.fixed_dictionaries(
    {
        "max": rarely("0", "1", "2"),
        "per": rarely("3d", "1d", "7d", "30d"),
        "kind": rarely("often", "rolling", "calendar"),
        "scope": rarely("all", "audience", "program", "all_marketing"),
    },
    optional={"zone": st.just("recipient")},
)
WINDOW = block(
    days=rarely("monday", ["mon", "tue"], ["sun"]),
    local=block(**{"from": rarely("9", "09:00"), "to": rarely("08:00", "20:00", "24:00")}),
    zone=rarely("nowhere", ["profile.timezone", "market.default_timezone"], ["Europe/Berlin"]),
    if_past=rarely("now", "next_window", "skip"),
    quiet_calendar=st.just("holidays_by_country"),
)
CONTACT = st.one_of(
    st.just("none"),
    st.fixed_dictionaries(
        {"channels": rarely("email", ["email"], ["push", "email"], ["sms", "email"])},
        optional={
            "consent": block(unknown=rarely("allow", "deny"), required=rarely("false", "true")),
            "suppress": rarely("all", [], ["hard_bounce"], ["minor", "do_not_contact"]),
            "frequency": st.lists(FREQUENCY, max_size=2),
            "send_window": WINDOW,
        },
    ),
)
SENT = {"content": rarely("helo", "hello", "bye"), "offer_id": rarely("TWENTY", "TEN", "none")}
EXPERIMENT = st.fixed_dictionaries(
    {
        "key": st.just("a_test"),
        "phase": rarely("0", "1"),
        "salt": rarely("abc", "0123456789abcdef"),
        "arms": st.fixed_dictionaries(
            {
                "message": st.fixed_dictionaries(
                    {"slots": st.just(["5000", "9999"])}, optional={"payload": block(**SENT)}
                )
            },
            optional={
                "holdout": st.fixed_dictionaries(
                    {
                        "slots": rarely("all", ["0", "4999"], ["0", "99"]),
                        "delivers": rarely("no", "false", "true"),
                    }
                )
            },
        ),
    },
    optional={"respects_global_holdout": rarely("maybe", "true", "false")},
)
COLUMNS = st.dictionaries(
    st.sampled_from(["first_name", "send_at", "written_in", "arm"]),
    st.fixed_dictionaries(
        {"from": rarely("nothing", "first_name", "order_count", "send_at_utc", "content_locale")},
        optional={"fallback": rarely("x", "0", "")},
    ),
    max_size=2,
)
PAYLOAD = block(
    content=SENT["content"],
    offer=rarely("TWENTY", "TEN"),
    locale_fallback=rarely("english", "en", "pt-BR"),
    columns=COLUMNS,
)
TESTS = st.fixed_dictionaries(
    {
        "name": st.just("a test"),
        "as_of": rarely("soon", "2026-03-01"),
        "expect": st.fixed_dictionaries({"disposition": rarely("in", "eligible")}),
    },
    optional={"given": block(country=st.just("DE"), phone=st.just("+1"), order_count=st.just("2"))},
)
DEFINITIONS = block(
    program=PROGRAM,
    entry=ENTRY,
    priority=st.fixed_dictionaries(
        {"group": rarely("The slot", "slot"), "rank": st.sampled_from("1234")}
    ),
    contact=CONTACT,
    experiment=EXPERIMENT,
    payload=PAYLOAD,
    exclude=rarely(
        "nobody",
        {"offers_active": "true"},
        {"audience": "second"},
        {"column": "country", "eq": "FR"},
    ),
    status=rarely("live", "active", "paused"),
    tests=st.lists(TESTS, max_size=1),
)


@pytest.fixture
def shop(models: dict[str, str]) -> House:
    """People of whom only some may be written to, in a house whose days are run again and again."""
    house = House(models)
    house.fill("seeds.content_catalogue", list(CATALOGUE))
    house.fill("seeds.time_zones", [("Europe/Berlin",), ("UTC",)])
    house.fill("seeds.markets", [("*", None, "UTC"), ("DE", "de-DE", "Europe/Berlin")])
    people = [*zip(PEOPLE, [*REASONS, SILENT], strict=False)]
    house.fill("activation.contact_permissions", [permission(*each) for each in people])
    house.fill(
        "activation.customer_traits",
        [traits(person, country="FR" if person == "c11" else "DE") for person in PEOPLE],
    )
    return house


def survives(shop: House, folder: Path, whole: dict[str, dict[str, Any]]) -> bool:
    """The loader finds fault in plain words, or two days run and only those with consent are delivered."""
    for file in folder.glob("*.yml"):
        file.unlink()
    for name, blocks in whole.items():
        text = {**yaml.load(ANALYSIS, yaml.BaseLoader), "audience": name, "goal": GOAL, **blocks}
        (folder / f"{name}.yml").write_text(json.dumps(text), encoding="utf-8")
    definitions, problems = check_definitions(folder, LANGUAGE)
    for problem in problems:
        assert problem.code.startswith("AUD")
        assert problem.rule
        assert problem.fix
    if problems:
        return False
    shop.definitions = compiled(folder, LANGUAGE)
    for table in ("assignments", "memberships", "waits", "gate_verdicts"):
        shop.state.execute(f"delete from {table}")
    for day in range(2):
        try:
            shop.run_day(DAY + timedelta(days=day), dict.fromkeys(whole, "pass"))
        except duckdb.Error as error:
            raise AssertionError(json.dumps(whole)) from error
    contacted = {one.audience for one in definitions if one.contact}
    for one in whole:
        rows = shop.rows(f"select customer_id, contact_channel from audiences.{one}")
        if one in contacted:
            assert {person for person, _ in rows} <= {"c0", "c7"}
            assert {channel for _, channel in rows} <= {"email"}
    found = shop.rows(
        "select audience, customer_id, disposition from audiences.audience_dispositions"
    )
    assert len({row[:2] for row in found}) == len(found)
    assert {row[2] for row in found} <= set(DISPOSITIONS)
    return True


FOLDERS = st.fixed_dictionaries({"first": DEFINITIONS}, optional={"second": DEFINITIONS})


@settings(max_examples=25, **FUZZ)
@given(whole=FOLDERS)
def test_whole_definitions_by_chance(shop: House, tmp_path: Path, whole: dict[str, Any]) -> None:
    survives(shop, tmp_path, whole)


@pytest.mark.slow
@pytest.mark.long
@settings(max_examples=200, **FUZZ)
@given(whole=FOLDERS)
def test_many_whole_definitions_by_chance(
    shop: House, tmp_path: Path, whole: dict[str, Any]
) -> None:
    survives(shop, tmp_path, whole)
