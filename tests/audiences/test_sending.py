"""What members take along: the text approved for them, in every arm, and the columns of the payload."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from audiences.language.catalogue import Catalogue
from tests.audiences import days
from tests.audiences.days import DAY, PASS, PEOPLE, WITH_TEST, define, dispositions, traits
from tests.audiences.dbt_sql import House

LANGUAGE = replace(
    days.LANGUAGE,
    traits={**days.LANGUAGE.traits, "first_name": "text", "customer_name": "text"},
    catalogue=Catalogue(
        contents={"hello": frozenset(), "bye": frozenset()},
        offers={"TEN": 0.1},
        time_zones={"Europe/Berlin"},
        never_null={"customer_id"},
    ),
)
SENDING = (
    WITH_TEST.replace("[0, 4999], delivers: false", "[0, 4999], payload: { content: bye }")
    + """\
payload:
  content: hello
  locale_fallback: en
  columns:
    first_name: { from: first_name, fallback: friend }
    send_at: { from: send_at_utc }
    written_in: { from: content_locale }
    orders: { from: order_count, fallback: "0" }
"""
)
CATALOGUE = [
    ("hello", "en", "approved"),
    ("hello", "de", "approved"),
    ("hello", "fr", "approved"),
    ("bye", "de", "approved"),
    ("bye", "en", "in_review"),
]


@pytest.fixture
def sender(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setattr(days, "LANGUAGE", LANGUAGE)
    define(house, tmp_path, buyers=SENDING)
    house.fill("seeds.content_catalogue", list(CATALOGUE))
    house.fill("seeds.time_zones", [("Europe/Berlin",), ("Asia/Tokyo",), ("UTC",)])
    house.fill("seeds.markets", [("*", None, "UTC"), ("DE", "de-DE", "Europe/Berlin")])
    return house


def test_a_person_is_reached_only_in_a_language_every_arm_has(sender: House) -> None:
    languages = ["de", "de-AT", "fr", "en", None]
    people = [
        traits(f"c{number}", language=language, country=country)
        for number, (language, country) in enumerate(
            (lang, c) for c in ("DE", "FR") for lang in languages
        )
    ]
    sender.fill("activation.customer_traits", people)
    sender.run_day(DAY, PASS)
    assert dispositions(sender) == {
        # of country DE, where German stands in for what one arm lacks
        "c0": "eligible",
        "c1": "eligible",
        "c2": "eligible",
        "c3": "eligible",
        "c4": "eligible",
        # of another country: the arm that sends `bye` has no English that was approved
        "c5": "eligible",
        "c6": "eligible",
        "c7": "unreachable",
        "c8": "unreachable",
        "c9": "unreachable",
    }
    sent = sender.rows(
        "select customer_id, arm, content_key, content_locale, locale_step from audiences.buyers"
    )
    steps = {
        ("c0", "hello"): ("de", "exact"),
        ("c1", "hello"): ("de", "language"),
        ("c2", "hello"): ("fr", "exact"),
        ("c3", "hello"): ("en", "exact"),
        ("c4", "hello"): ("de", "market"),
        ("c2", "bye"): ("de", "market"),
        ("c3", "bye"): ("de", "market"),
    }
    assert {arm for _, arm, *_ in sent} == {"holdout", "message"}
    for person, arm, content, locale, step in sent:
        assert content == ("bye" if arm == "holdout" else "hello")
        wanted = steps.get(
            (str(person), str(content)),
            steps[str(person), "hello"] if person in {"c0", "c1", "c4"} else None,
        )
        if wanted:
            assert (locale, step) == wanted


def test_the_payload_stands_in_the_table(sender: House) -> None:
    people = [
        traits("c0", first_name=None, timezone="Asia/Tokyo"),
        traits("c1", order_count=None, timezone="Moon/Sea"),
        traits("c2", timezone=None, country=None),
    ]
    sender.fill("activation.customer_traits", people)
    sender.run_day(DAY, PASS)
    rows = sender.rows(
        "select customer_id, first_name, send_at, written_in, orders, send_at_utc = send_at"
        " from audiences.buyers order by customer_id"
    )
    tomorrow = datetime.combine(DAY, datetime.min.time()) + timedelta(days=1)
    assert rows == [
        ("c0", "friend", tomorrow, "de", 1, True),
        ("c1", "Ada", tomorrow + timedelta(hours=8), "de", 0, True),
        ("c2", "Ada", tomorrow + timedelta(hours=9), "de", 1, True),
    ]
    assert sender.rows(
        "select fact, step, members from audiences.audience_fallback_counts order by all"
    ) == [
        ("content_locale", "exact", 3),
        ("time_zone", "invalid", 1),
        ("time_zone", "market", 1),
        ("time_zone", "profile", 1),
    ]
    columns = [row[0] for row in sender.rows("describe audiences.buyers")]
    assert columns.count("first_name") == 1
    assert not {"timezone_1", "customer_id_1"} & set(columns)


def test_a_text_that_is_withdrawn_stops_newcomers_and_members(sender: House) -> None:
    sender.run_day(DAY, PASS)
    assert set(dispositions(sender).values()) == {"eligible"}
    sender.fill("seeds.content_catalogue", [(key, tag, "draft") for key, tag, _ in CATALOGUE])
    sender.run_day(DAY + timedelta(days=1), {"buyers": "hold"})
    assert len(sender.rows("select 1 from audiences.buyers where written_in = 'en'")) == len(PEOPLE)
    sender.run_day(DAY + timedelta(days=2), PASS)
    assert set(dispositions(sender).values()) == {"unreachable"}
    assert sender.rows("select 1 from audiences.buyers") == []
