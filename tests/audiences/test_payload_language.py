"""What definitions say of payloads, offers and send windows: what is wrong, and what sound ones compile to."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from audiences.compiler import compile_definitions
from audiences.errors import InputError
from audiences.language.catalogue import Catalogue, read_catalogue
from audiences.language.payload import ADDED, contents_of, offers_of
from audiences.language.send_window import SendWindow
from audiences.loader import check_definitions, load_definitions
from orchestration.compile import SEEDS, TRAITS, audience_language
from orchestration.settings import DBT_PROJECT
from tests.audiences.conftest import EXPERIMENT, LANGUAGE, SMALLEST
from tests.audiences.dbt_sql import compiled

Write = Callable[..., Path]
SENDING = replace(
    LANGUAGE,
    catalogue=Catalogue(
        contents={
            "hello": frozenset({"first_name"}),
            "bye": frozenset(),
            "unread": None,
        },
        offers={"TEN": 0.1, "HALF": 0.5},
        max_offer_discount_share=0.3,
        time_zones={"Europe/Berlin", "Europe/Istanbul"},
        never_null={"customer_id", "lifecycle_stage"},
        whole={"order_count", "m_score"},
    ),
)


def sending(payload: str) -> str:
    return f"{SMALLEST}payload: {payload}\n"


def column(said: str) -> str:
    return sending(f"{{ columns: {{ it: {said} }} }}")


def window(said: str) -> str:
    return SMALLEST.replace("[email]", f"[email], send_window: {said}")


def falling_back(origin: str, fallback: str) -> str:
    return column(f"{{ from: {origin}, fallback: {fallback} }}")


def arm(payload: str) -> str:
    return SMALLEST + EXPERIMENT.replace("8999]", f"8999], payload: {payload}")


AT_ARM = "experiment.arms.message.payload"
WRONG = [
    # code, path, what the message says, what the fix says, text
    ("AUD101", "payload.contents", "unknown key", "`content`", sending("{ contents: hello }")),
    ("AUD100", "payload.locale_fallback", "language tag", "pt-BR", sending("{ locale_fallback: e_n }")),
    ("AUD100", "payload.columns.it.from", "is required", "add it", column('{ fallback: "" }')),
    ("AUD100", "payload.columns.arm", "already", "another", sending("{ columns: { arm: { from: country } } }")),
    ("AUD100", "payload.columns.order", "keeps", "another", sending("{ columns: { order: { from: country } } }")),
    ("AUD201", "payload.columns.it.from", "neither a column", "`country`", column("{ from: contry }")),
    ("AUD201", "payload.columns.it.from", "neither", "`send_at_utc`", column("{ from: sent_at_utc }")),
    ("AUD201", "payload.columns.it.from", "without `content`", "name", column("{ from: content_locale }")),
    ("AUD204", "payload.columns.it.from", "sensitive", "another", column('{ from: gender, fallback: "" }')),
    ("AUD205", "payload.columns.it", "country may be missing", 'fallback: ""', column("{ from: country }")),
    ("AUD205", "payload.columns.it", "offer_id may be missing", "instead", column("{ from: offer_id }")),
    ("AUD201", "payload.columns.it.fallback", "order_count, a number", "whole", falling_back("order_count", "0.5")),
    ("AUD201", "payload.columns.it.fallback", "churn_risk, a score", "number", falling_back("churn_risk", "high")),
    ("AUD201", "payload.columns.it.fallback", "birth_date, a day", "YYYY", falling_back("birth_date", "soon")),
    ("AUD201", "payload.columns.it.fallback", "is_member, a boolean", "true", falling_back("is_member", "no")),
    ("AUD110", "payload.content", "not in the content catalogue", "`hello`", sending("{ content: helo }")),
    ("AUD110", "payload.content", "no approved text", "approved", sending("{ content: unread }")),
    ("AUD201", "payload.content", "fill in {first_name}", "payload.columns", sending("{ content: hello }")),
    ("AUD110", "payload.offer", "not a declared offer", "`TEN`", sending("{ offer: TENN }")),
    ("AUD110", "payload.offer", "gives 50%", "offer less", sending("{ offer: HALF }")),
    ("AUD110", f"{AT_ARM}.offer_id", "not a declared offer", "known here", arm("{ offer_id: X9 }")),
    ("AUD110", f"{AT_ARM}.content", "no approved text", "approved", arm("{ content: unread }")),
    ("AUD101", f"{AT_ARM}.offer", "unknown key", "offer_id", arm("{ offer: TEN }")),
    ("AUD111", "contact.send_window.if_past", "outside", "next_window", window("{ if_past: now }")),
    ("AUD111", "contact.send_window.if_past", "not known", "skip", window("{ if_past: later }")),
    ("AUD111", "contact.send_window.zone", "without a time zone", "Berlin", window("{ zone: [] }")),
    ("AUD111", "contact.send_window.zone", "without a time zone", "Berlin", window("{ zone: [profile.timezone] }")),
    (
        "AUD111",
        "contact.send_window.zone",
        "never asked",
        "leave out",
        window("{ zone: [Europe/Berlin, market.default_timezone] }"),
    ),
    ("AUD111", "contact.send_window.zone", "not a time zone", "`Europe/Berlin`", window("{ zone: [Europe/Berln] }")),
    ("AUD111", "contact.send_window.local.to", "empty", "midnight", window("{ local: { from: 20:00, to: 09:00 } }")),
    ("AUD111", "contact.send_window.local.to", "empty", "midnight", window("{ local: { from: 09:00, to: 09:00 } }")),
    ("AUD111", "contact.send_window.local.from", "not a time", "09:00", window("{ local: { from: 9am, to: 10:00 } }")),
    ("AUD111", "contact.send_window.local.to", "not a time", "09:00", window("{ local: { from: 09:00, to: 24:30 } }")),
    ("AUD111", "contact.send_window.days[1]", "not a day", "mon", window("{ days: [mon, someday] }")),
    ("AUD111", "contact.send_window.days", "names no day", "name a day", window("{ days: [] }")),
    (
        "AUD110",
        "contact.send_window.quiet_calendar",
        "not a calendar",
        "holidays_by_country",
        window("{ quiet_calendar: holidays }"),
    ),
    (
        "AUD100",
        "match.offers_active",
        "boolean",
        "docs",
        SMALLEST.replace("{ column: order_count, gte: 1 }", "{ offers_active: many }"),
    ),
]  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: f"{wrong[0]}-{wrong[2][:20]}")
def test_a_wrong_payload(write: Write, wrong: tuple[str, str, str, str, str]) -> None:
    code, path, says, fix, text = wrong
    definitions, problems = check_definitions(write(text), SENDING)
    assert definitions == []
    problem = problems[0]
    assert (problem.code, problem.path) == (code, path)
    assert says in problem.rule
    assert fix in problem.fix


def test_without_contact_there_is_no_time_to_send(write: Write) -> None:
    text = column("{ from: send_at_utc }").replace("{ channels: [email] }", "none")
    [problem] = check_definitions(write(text), SENDING)[1]
    assert (problem.code, problem.path) == ("AUD201", "payload.columns.it.from")


WHOLE = (
    SMALLEST.replace("[email]", "[email], send_window: { days: [sun, mon], local: { to: 18:30 } }")
    + EXPERIMENT.replace("8999]", "8999], payload: { offer_id: none, content: bye }")
    + """\
exclude: { offers_active: true }
payload:
  content: hello
  offer: TEN
  columns:
    first_name: { from: country, fallback: "it's" }
    country: { from: country, fallback: "" }
    orders: { from: order_count, fallback: "0" }
    stage: { from: lifecycle_stage }
    send_at: { from: send_at_utc }
    offer: { from: offer_id, fallback: none }
    language: { from: content_locale }
"""
)


def rows(folder: Path, table: str) -> list[dict[str, object]]:
    """What a generated table holds, each value by its column."""
    with duckdb.connect(":memory:") as connection:
        found = connection.sql(compiled(folder, SENDING)[f'"audiences"."{table}"'])
        return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


def test_a_sound_payload(write: Write) -> None:
    folder = write(WHOLE)
    [one] = load_definitions(folder, SENDING)
    assert list(contents_of(one).values()) == ["hello", "bye"]
    assert list(offers_of(one).values()) == ["TEN"]
    assert one.contact is not None
    assert one.contact.send_window.local.minutes == (540, 1110)
    files = compile_definitions([one], SENDING.traits)
    table = files["audience__everybody.sql"]
    assert "{{ columns_but('customer_traits', ['country']) }},\n" in table
    assert "coalesce(customer_traits.country, 'it' || chr(39) || 's') as first_name,\n" in table
    assert "coalesce(customer_traits.order_count, 0) as orders,\n" in table
    assert "member_facts.send_at_utc as send_at,\n" in table
    assert "coalesce(member_facts.offer_id, 'none') as offer,\n" in table
    assert all(f"member_facts.{name}" in table for name in ADDED)
    sent = {"audience": "everybody", "content_key": "hello", "locale_fallback": "en"}
    assert rows(folder, "audience_payloads") == [
        {**sent, "arm": None, "offer_id": "TEN"},
        {**sent, "arm": "holdout", "offer_id": "TEN"},
        {**sent, "arm": "message", "content_key": "bye", "offer_id": None},
    ]
    assert rows(folder, "audience_send_windows") == [
        {
            "audience": "everybody",
            "send_window": "mon,sun 09:00-18:30 profile>market next_window",
            "weekdays": "17",
            "opens_minute": 540,
            "closes_minute": 1110,
            "asks_profile": True,
            "fixed_zone": None,
            "skips_past": False,
            "has_quiet_days": False,
        }
    ]
    assert "where offer_until > {{ as_of_date() }}" in files["audience_matches.sql"]


def test_the_send_window_that_is_not_written(write: Write) -> None:
    [one] = load_definitions(write(), SENDING)
    assert one.contact is not None
    assert one.contact.send_window == SendWindow()
    assert one.contact.send_window.key == (
        "mon,tue,wed,thu,fri,sat,sun 09:00-20:00 profile>market next_window"
    )


def test_the_shipped_catalogue() -> None:
    catalogue = audience_language().catalogue
    assert len(catalogue.contents) >= 25
    assert None not in catalogue.contents.values()
    assert catalogue.contents["near_next_tier"] == {"points_missing"}
    assert max(catalogue.offers.values()) <= catalogue.max_offer_discount_share
    assert {"customer_id", "lifecycle_stage"} <= set(catalogue.never_null)
    assert "order_count" in catalogue.whole
    assert {"Europe/Istanbul", "UTC"} <= set(catalogue.time_zones)


def test_a_missing_catalogue_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_catalogue(tmp_path, DBT_PROJECT / "dbt_project.yml", TRAITS)
    with pytest.raises(InputError, match="cannot be read"):
        read_catalogue(SEEDS, tmp_path / "nothing.yml", TRAITS)
