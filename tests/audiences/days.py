"""Two invented audiences, twelve people, and what a test asks of their days."""

from datetime import date
from pathlib import Path

from audiences.loader import Language
from tests.audiences.dbt_sql import House, compiled

LANGUAGE = Language(
    {
        "customer_id": "text",
        "email": "text",
        "country": "text",
        "lifecycle_stage": "text",
        "order_count": "number",
        "timezone": "text",
    },
    purposes=frozenset({"newsletter"}),
    metrics=frozenset({"order_conversion"}),
)
DAY = date(2026, 3, 1)
PEOPLE = [f"c{number}" for number in range(12)]

WITH_TEST = """\
version: 1
audience: buyers
label: { en: "Buyers" }
owner: someone@example.com
purpose: newsletter
evergreen: true
match: { column: lifecycle_stage, eq: active }
exclude: { column: country, eq: XX }
contact: { channels: [email, push] }
goal: { metric: order_conversion, window: 14d }
experiment:
  key: buyers_test
  phase: 1
  salt: 0123456789abcdef
  arms:
    holdout: { slots: [0, 4999], delivers: false }
    message: { slots: [5000, 9999] }
"""
ANALYSIS = """\
version: 1
audience: everybody
label: { en: "Everybody" }
owner: someone@example.com
purpose: newsletter
evergreen: true
match: { column: order_count, gte: 0, if_null: match }
contact: none
"""
PASS = {"buyers": "pass", "everybody": "pass"}


def define(house: House, folder: Path, **definitions: str) -> None:
    for file in folder.glob("*.yml"):
        file.unlink()
    for name, text in definitions.items():
        (folder / f"{name}.yml").write_text(text)
    house.definitions = compiled(folder, LANGUAGE)


def traits(person: str, stage: str | None = "active", **changed: object) -> tuple[object, ...]:
    row = {
        "as_of_date": DAY,
        "customer_id": person,
        "email": f"{person}@example.com",
        "phone": None,
        "first_name": "Ada",
        "country": "DE",
        "lifecycle_stage": stage,
        "order_count": 1,
        "language": "de",
        "timezone": "Europe/Berlin",
        "value_tier": "medium",
        "discount_share_365d": None,
    }
    return tuple({**row, **changed}.values())


def permission(person: str, reason: str = "granted", channel: str = "email") -> tuple[object, ...]:
    is_allowed = reason in ("granted", "unknown_opt_out")
    return (person, channel, "newsletter", is_allowed, reason)


def memberships(house: House, audience: str = "buyers") -> list[tuple[object, ...]]:
    return house.rows(
        f"""
        select customer_id, entry_seq, cast(entered_at as date), cast(exited_at as date),
            exit_reason, arm, is_delivered
        from audiences.audience_memberships where audience = '{audience}' order by all
        """
    )


def dispositions(house: House, audience: str = "buyers") -> dict[str, str]:
    found = house.rows(
        "select customer_id, disposition from audiences.audience_dispositions"
        f" where audience = '{audience}'"
    )
    return {str(person): str(disposition) for person, disposition in found}
