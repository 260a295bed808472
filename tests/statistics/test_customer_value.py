"""Customer value on shops that give a model little to go by, and on a simulated one."""

import math
from datetime import date, timedelta
from typing import Any

import duckdb
import numpy as np
import pytest

from tests.statistics.sql import build

pytestmark = pytest.mark.slow

AS_OF = date(2026, 3, 31)
Purchase = tuple[str, date, float]


def shop(
    purchases: list[Purchase], threads: int = 2, **variables: Any
) -> duckdb.DuckDBPyConnection:
    """A warehouse with customer value and the back-test of these purchases."""
    db = duckdb.connect(config={"threads": threads})
    db.execute(
        "create table int_purchase_days_merged (customer_id varchar, purchased_on date,"
        " net_amount decimal(18, 4), voided_on date)"
    )
    if purchases:
        rows = ", ".join(f"('{who}', date '{day}', {net}, null)" for who, day, net in purchases)
        db.execute(f"insert into int_purchase_days_merged values {rows}")
    for name in ("fct_customer_value", "rpt_forecast_backtest"):
        build(db, name, as_of=str(AS_OF), variables=variables)
    return db


def values(db: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    result = db.execute("from fct_customer_value order by customer_id")
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def day(days_ago: int) -> date:
    return AS_OF - timedelta(days_ago)


def simulated(customers: int, dropout: tuple[float, float] | None) -> list[Purchase]:
    """Two years of a shop whose customers buy at gamma rates and drop out at beta chances, or never."""
    rng = np.random.default_rng(20260331)
    purchases = {}
    for number in range(customers):
        rate, mean = rng.gamma(0.8, 1 / 40), 120 / rng.gamma(4, 1)
        chance = rng.beta(*dropout) if dropout else 0
        age = int(rng.integers(1, 730))
        passed = 0.0
        while passed <= age:
            net = round(mean * rng.gamma(5, 1 / 5), 2)
            purchases.setdefault((f"c{number:05d}", day(age - int(passed))), net)
            if rng.random() < chance:
                break
            passed += rng.exponential(1 / rate)
    return [(who, on, net) for (who, on), net in purchases.items()]


THIN_SHOPS = {
    "empty": [],
    "one customer today": [("ada", AS_OF, 10)],
    "one customer long ago": [("ada", day(400), 10)],
    "nobody twice": [(f"c{i}", day(i), 10 + i) for i in range(300)],
    "everything for nothing": [(f"c{i % 40}", day(3 * i), 0) for i in range(200)],
    "one heavy buyer": [("ada", day(i), 10) for i in range(700)],
}


@pytest.mark.parametrize("purchases", THIN_SHOPS.values(), ids=THIN_SHOPS)
def test_thin_shops_give_rows_without_wild_numbers(purchases: list[Purchase]) -> None:
    db = shop(purchases)
    found = values(db)
    assert [row["customer_id"] for row in found] == sorted({who for who, _, _ in purchases})
    for row in found:
        numbers = [float(row[name]) for name in row if isinstance(row[name], float)]
        assert all(math.isfinite(number) and number >= 0 for number in numbers), row
        assert row["expected_order_value_amount"] >= 0
        assert (row["purchase_model"] is None) == (row["value_tier"] is None)
    for figures in db.execute("from rpt_forecast_backtest").fetchall():
        assert all(math.isfinite(figure) for figure in figures if isinstance(figure, float))


def test_a_shop_nobody_leaves_is_forecast_without_dropout() -> None:
    found = values(shop(simulated(3000, dropout=None)))
    assert {row["purchase_model"] for row in found} == {"nbd"}
    assert {row["p_alive"] for row in found} == {None}
    assert min(row["expected_orders_365d"] for row in found) > 0
    assert {row["value_tier"] for row in found} == {"high", "medium", "low"}


def test_a_shop_people_leave_from() -> None:
    """Ranges, tiers and the same digits whatever the number of threads."""
    purchases = simulated(3000, dropout=(0.8, 2.4))
    db = shop(purchases, threads=1)
    found = values(db)
    assert {row["purchase_model"] for row in found} == {"mbgnbd"}
    assert {row["order_value_basis"] for row in found} == {"gamma_gamma"}
    for row in found:
        assert 0 < row["p_alive"] < 1
        assert row["expected_orders_30d"] < row["expected_orders_90d"] < row["expected_orders_365d"]
        assert row["is_forecast_converged"]
    tiers = [row["value_tier"] for row in found]
    assert tiers.count("high") == pytest.approx(0.2 * len(found), abs=1)
    assert tiers.count("medium") == pytest.approx(0.3 * len(found), abs=1)
    assert found == values(shop(purchases, threads=4))
