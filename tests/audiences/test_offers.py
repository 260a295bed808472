"""Offers: who is given one on entry, what stays theirs, and that nobody ever holds two."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from audiences.language.catalogue import Catalogue
from tests.audiences import days
from tests.audiences.days import DAY, PEOPLE, define, dispositions, permission, traits
from tests.audiences.dbt_sql import House

OFFERS = {
    # offer: discount_share, starts_on, ends_on, valid_days, countries, min_value_tier, once_per_days
    "TEN": (0.1, None, None, 3, "*", None, 8),
    "FREE": (0.0, None, date(2026, 3, 20), 5, "DE|TR", None, 2),
    "VIP": (0.2, date(2026, 3, 5), None, 4, "*", "high", 2),
}
LANGUAGE = replace(
    days.LANGUAGE,
    catalogue=Catalogue(offers={name: float(row[0] or 0) for name, row in OFFERS.items()}),
)
AUDIENCE = """\
version: 1
audience: {name}
label: {{ en: "{name}" }}
owner: someone@example.com
purpose: newsletter
evergreen: true
match: {{ column: lifecycle_stage, in: [{stages}] }}
contact: {{ channels: [email] }}
"""


def audience(name: str, stages: str, more: str) -> str:
    return AUDIENCE.format(name=name, stages=stages) + more


DEFINITIONS = {
    "alpha": audience("alpha", "active, new", "payload: { offer: TEN }\n"),
    "beta": audience(
        "beta", "active, late", "payload: { offer: FREE }\npriority: { group: offers_b, rank: 1 }\n"
    ),
    "gamma": audience(
        "gamma",
        "late, gone",
        """\
payload: { offer: VIP }
goal: { metric: order_conversion, window: 14d }
experiment:
  key: gamma_test
  phase: 1
  salt: 0123456789abcdef
  arms:
    holdout: { slots: [0, 999], delivers: false }
    bare: { slots: [1000, 1999], payload: { offer_id: none } }
    ten: { slots: [2000, 3999], payload: { offer_id: TEN } }
    vip: { slots: [4000, 9999] }
""",
    ),
    "choosy": audience("choosy", "active, new, late, gone", "exclude: { offers_active: true }\n"),
}
PASS = dict.fromkeys(DEFINITIONS, "pass")


@pytest.fixture
def shop(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setattr(days, "LANGUAGE", LANGUAGE)
    define(house, tmp_path, **DEFINITIONS)
    house.fill("seeds.offers", [(name, *row) for name, row in OFFERS.items()])
    house.fill("activation.contact_permissions", [permission(person) for person in PEOPLE])
    return house


def given(shop: House) -> dict[tuple[str, str, int], tuple[str, date, date]]:
    """The entries with an offer: what it is, its first day and its last."""
    rows = shop.rows(
        "select audience, customer_id, entry_seq, offer_id, cast(entered_at as date) + 1, offer_until"
        " from audiences.audience_memberships where offer_id is not null"
    )
    return {tuple(row[:3]): tuple(row[3:]) for row in rows}  # type: ignore[misc]


def test_two_audiences_on_one_day_give_one_offer(shop: House, tmp_path: Path) -> None:
    shop.fill("activation.customer_traits", [traits("c0"), traits("c1", country="FR")])
    shop.run_day(DAY, PASS)
    send_day = DAY + timedelta(days=1)
    assert given(shop) == {
        ("beta", "c0", 1): ("FREE", send_day, DAY + timedelta(days=5)),  # the better rank
        ("alpha", "c1", 1): ("TEN", send_day, DAY + timedelta(days=3)),  # not for France
    }
    # A member keeps what was given, though the definition and the seed changed.
    define(shop, tmp_path, **{**DEFINITIONS, "beta": audience("beta", "active", "")})
    shop.fill("seeds.offers", [])
    shop.run_day(send_day, PASS)
    assert shop.rows(
        "select offer_id, offer_until from audiences.beta where customer_id = 'c0'"
    ) == [("FREE", DAY + timedelta(days=5))]
    assert len(given(shop)) == 2


def test_a_held_audience_takes_nobodys_offer(shop: House) -> None:
    shop.fill("activation.customer_traits", [traits("c0")])
    shop.run_day(DAY, {**PASS, "beta": "hold"})
    assert {key[0] for key in given(shop)} == {"alpha"}


def test_holders_can_be_left_out_from_the_next_day_on(shop: House) -> None:
    shop.fill("activation.customer_traits", [traits("c0", "new")])
    seen = []
    for offset in range(5):
        shop.run_day(DAY + timedelta(days=offset), PASS)
        seen.append(dispositions(shop, "choosy")["c0"])
    # Entered on the first day, so it is good on the second, third and fourth.
    assert seen == ["eligible", "excluded", "excluded", "eligible", "eligible"]


def test_nobody_ever_holds_two_over_thirty_days(shop: House) -> None:
    chance = Random(1)
    people = {
        person: {
            "stage": "active",
            "country": chance.choice(["DE", "TR", "FR", None]),
            "value_tier": chance.choice(["high", "high", "high", "low", None]),
        }
        for person in PEOPLE
    }
    for offset in range(30):
        for person in people.values():
            if chance.random() < 0.3:
                person["stage"] = chance.choice(["active", "new", "late", "gone", "other"])
        rows = [
            traits(name, discount_share_365d=chance.choice([None, 0.1, 0.5]), **person)
            for name, person in people.items()
        ]
        shop.fill("activation.customer_traits", rows)
        held = {name for name in PASS if chance.random() < 0.1}
        shop.run_day(
            DAY + timedelta(days=offset), {name: "pass" for name in PASS if name not in held}
        )
    entries = given(shop)
    assert len(entries) > 20
    assert {offer for offer, *_ in entries.values()} == set(OFFERS)
    live: dict[str, list[tuple[date, date, str]]] = {}
    for (_, person, _), (offer, first, last) in entries.items():
        live.setdefault(person, []).append((first, last, offer))
    for spans in live.values():
        spans.sort()
        for (_, last, _), (first, _, _) in pairwise(spans):
            assert first > last
    for (_, person, _), (offer, first, last) in entries.items():
        _, starts, ends, valid_days, countries, tier, once = OFFERS[offer]
        assert starts is None or first >= starts
        assert ends is None or last <= ends
        assert last == min(first + timedelta(days=valid_days - 1), ends or date.max)
        assert countries == "*" or people[person]["country"] in countries.split("|")
        assert tier is None or people[person]["value_tier"] == "high"
        again = [f for f, _, o in live[person] if o == offer and f > first]
        assert not again or (min(again) - first).days >= once
    undelivered = shop.rows(
        "select 1 from audiences.audience_memberships where offer_id is not null and (not is_delivered or arm = 'bare')"
    )
    assert undelivered == []
