"""Thirty days of an invented shop: definitions that use every key of entry at once, and people by chance.

Everything a run sees is decided beforehand or follows from the ledgers, so that a history can be run again and again.
"""

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

from tests.audiences.days import LANGUAGE, traits
from tests.audiences.dbt_sql import House, compiled

FIRST = date(2026, 3, 1)
DAYS = [FIRST + timedelta(days=offset) for offset in range(30)]
PEOPLE = [f"p{number}" for number in range(14)]
SHARED = """\
version: 1
audience: {name}
label: {{ en: "{name}" }}
owner: someone@example.com
purpose: newsletter
evergreen: true
match: {{ column: lifecycle_stage, in: [{stages}] }}
exclude: {{ column: country, eq: XX }}
goal: {{ metric: order_conversion, window: 14d }}
"""
TEST = """\
experiment:
  key: {key}
  phase: 1
  salt: {salt}
  arms:
    holdout: {{ slots: [0, 2999], delivers: false }}
    message: {{ slots: [3000, 8999] }}
"""
CART_TEST = TEST.format(key="cart_test", salt="0123456789abcdef")
ANY_DAY = "{ max: 1, per: 1d, kind: calendar, zone: recipient, scope: all_marketing }"
DEFINITIONS = {
    "cart_first": (
        "active, retained",
        "program: { name: cart, step: 1 }\n"
        "entry: { reentry_after: 6d, max_entries: 3 }\n"
        "contact: { channels: [email] }\n" + CART_TEST,
    ),
    "cart_second": (
        "active, retained",
        "program: { name: cart, step: 2, next_after: { step: 1, wait: 2d } }\n"
        "contact: { channels: [email], frequency: [{ max: 2, per: 5d, kind: rolling, scope: program }] }\n"
        + CART_TEST,
    ),
    "cart_third": (
        "active, retained, at_risk",
        "program: { name: cart, step: 3, next_after: { step: 2, wait: 1d } }\n"
        "entry: { max_stay: 3d }\n"
        "contact: { channels: [email] }\n" + CART_TEST,
    ),
    "gold": (
        "active, at_risk",
        "entry: { min_match: 2d, reentry_after: 3d, max_stay: 5d,"
        " capacity: { max: 3, order_by: [order_count desc] } }\n"
        "priority: { group: promo, rank: 20 }\n"
        f"contact: {{ channels: [email], frequency: [{ANY_DAY}] }}\n"
        + TEST.format(key="gold_test", salt="1123456789abcdef")
        + "  respects_global_holdout: false\n",
    ),
    "silver": (
        "active, retained, at_risk",
        "entry: { max_stay: 4d, max_entries: 4 }\n"
        "priority: { group: promo, rank: 30 }\n"
        "contact: { channels: [email], frequency: [{ max: 1, per: 3d, kind: rolling, scope: audience },"
        f" {ANY_DAY}] }}\n",
    ),
    "urgent": (
        "churned",
        "entry: { min_match: 3d }\npriority: { group: promo, rank: 10 }\ncontact: { channels: [email] }\n",
    ),
    "watched": ("active, churned", "contact: none\nentry: { capacity: { max: 4, order_by: [order_count] } }\n"),
}  # fmt: skip
HOLDOUT = "version: 1\nkey: everything\nphase: 1\nsalt: fedcba9876543210\nslots: [0, 1999]\n"
STAGES = ["active", "active", "active", "retained", "at_risk", "churned", None]


@dataclass
class Plan:
    """What happens on each day, whoever runs it: people as the traits see them, orders, verdicts of the runs."""

    people: dict[date, dict[str, tuple[object, ...]]] = field(default_factory=dict)
    refused: dict[date, set[str]] = field(default_factory=dict)
    orders: list[tuple[str, datetime]] = field(default_factory=list)
    messages: list[tuple[str, datetime]] = field(default_factory=list)
    verdicts: dict[date, dict[str, str]] = field(default_factory=dict)

    @property
    def run_days(self) -> list[date]:
        """The days there is a run."""
        return list(self.verdicts)

    def matches(self, audience: str, day: date) -> set[str]:
        """Who matches an audience on a day."""
        stages = DEFINITIONS[audience][0].split(", ")
        return {who for who, row in self.people[day].items() if row[6] in stages}


def make_plan(seed: int, skips: float = 0.12) -> Plan:
    """A history by chance; people keep their stage for some days, as people do.

    Args:
        seed: What chance begins with.
        skips: How likely a day after the first has no run.
    """
    chance = random.Random(seed)
    plan = Plan()
    stages: dict[str, str | None] = {}
    zones = {
        who: chance.choice(["Asia/Tokyo", "America/New_York", None, "Mars/Base"]) for who in PEOPLE
    }
    for day in DAYS:
        plan.people[day], plan.refused[day] = {}, set()
        for who in PEOPLE:
            if who not in stages or chance.random() < 0.2:
                stages[who] = chance.choice(STAGES)
            if chance.random() < 0.02:
                continue
            country = "XX" if chance.random() < 0.05 else "DE"
            count = chance.randint(0, 9)
            plan.people[day][who] = traits(
                who, stages[who], country=country, order_count=count, timezone=zones[who]
            )
            if chance.random() < 0.06:
                plan.refused[day].add(who)
            at = datetime(day.year, day.month, day.day, chance.randint(0, 23))
            if chance.random() < 0.06:
                plan.orders.append((who, at))
            if chance.random() < 0.15:
                plan.messages.append((who, at))
        if day == FIRST or chance.random() > skips:
            plan.verdicts[day] = {
                name: "pass" if chance.random() > 0.1 else "hold" for name in DEFINITIONS
            }
    return plan


def define(house: House, folder: Path) -> None:
    """Compile the definitions and the global holdout for a house."""
    definitions = folder / "definitions"
    definitions.mkdir(exist_ok=True)
    for name, (stages, more) in DEFINITIONS.items():
        text = SHARED.format(name=name, stages=stages) + more
        (definitions / f"{name}.yml").write_text(text)
    (folder / "global_holdout.yml").write_text(HOLDOUT)
    house.definitions = compiled(definitions, LANGUAGE)


def run(house: House, plan: Plan, day: date) -> None:
    """One run of a day: what is known by its end, and the entries delivered after earlier runs."""
    fill_known(house, plan, day)
    house.fill("activation.contact_history", contacts(house, plan, day))
    house.run_day(day, plan.verdicts[day])


def fill_known(house: House, plan: Plan, day: date) -> None:
    """What a run of a day sees but for the contacts."""
    known = datetime(day.year, day.month, day.day) + timedelta(days=1)
    house.fill("seeds.goal_metrics", [("order_conversion", "order_completed")])
    house.fill("seeds.time_zones", [("Asia/Tokyo",), ("America/New_York",)])
    house.fill("activation.customer_traits", list(plan.people[day].values()))
    house.fill(
        "activation.contact_permissions",
        [
            (who, "email", "newsletter", who not in plan.refused[day], "granted")
            for who in plan.people[day]
        ],
    )
    house.fill(
        "activation.customer_events",
        [(who, at, "order_completed", None, None) for who, at in plan.orders if at < known],
    )


def ledgers(house: House) -> list[list[tuple[object, ...]]]:
    """What the state folder says of arms, memberships and waits."""
    return [
        house.state.sql(f"select * from {ledger} order by all").fetchall()
        for ledger in ("assignments", "memberships", "waits")
    ]


def contacts(house: House, plan: Plan, day: date) -> list[tuple[object, ...]]:
    """The messages so far, and the entries that went out on the morning after they were decided."""
    sent = [(who, "email", None, at, "message") for who, at in plan.messages if at.date() <= day]
    entered = house.state.execute(
        """
        select distinct customer_id, null, audience, entered_at + interval 1 day, 'entry' from memberships
        where is_delivered and audience <> 'watched' and as_of_date = entered_at and entered_at < ?
        """,
        [day],
    ).fetchall()
    return [*sent, *entered]
