"""The language the tests write definitions in, and the smallest valid definition."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from audiences.loader import Language
from tests.audiences.days import ANALYSIS, PEOPLE, WITH_TEST, define, permission, traits
from tests.audiences.dbt_sql import House, render_models

TRAITS = {
    "customer_id": "text",
    "country": "text",
    "lifecycle_stage": "text",
    "order_count": "number",
    "m_score": "number",
    "birth_date": "day",
    "created_at": "instant",
    "is_member": "boolean",
    "gender": "sensitive",
    "churn_risk": "score",
}
LANGUAGE = Language(
    TRAITS,
    purposes=frozenset({"marketing_promotions", "newsletter", "pregnancy_club"}),
    metrics=frozenset({"order_conversion", "review"}),
    sensitive={"pregnancy_club": {"gender": "text"}},
    closed={"lifecycle_stage": {"active", "advocate", "at_risk", "churned"}},
)

SMALLEST = """\
version: 1
audience: everybody
label: { en: "Everybody" }
owner: someone@example.com
purpose: newsletter
evergreen: true
match: { column: order_count, gte: 1 }
contact: { channels: [email] }
"""
EXPERIMENT = """\
goal: { metric: order_conversion, window: 14d }
experiment:
  key: some_test
  phase: 1
  salt: 0123456789abcdef
  arms:
    holdout: { slots: [0, 999], delivers: false }
    message: { slots: [1000, 8999] }
"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a definition file, the smallest one by default, and return its folder."""

    def write_definition(text: str = SMALLEST, name: str = "everybody.yml") -> Path:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path

    return write_definition


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return render_models(tmp_path_factory.mktemp("dbt"))


@pytest.fixture
def house(models: dict[str, str], tmp_path: Path) -> Iterator[House]:
    house = House(models)
    define(house, tmp_path, buyers=WITH_TEST, everybody=ANALYSIS)
    house.fill("activation.contact_permissions", [permission(person) for person in PEOPLE])
    house.fill("activation.customer_traits", [traits(person) for person in PEOPLE])
    yield house
    house.state.close()
    house.warehouse.close()
