"""The pair rules of the Groceries baskets, as published, from raw tables made of them."""

from pathlib import Path

import pytest

from orchestration.settings import ROOT
from tests.conftest import Place

BASKETS = ROOT.parent / "shared" / "data" / "groceries" / "groceries.csv"


def write_raw_tables(baskets: list[list[str]], raw_dir: Path) -> dict[str, str]:
    """One basket is one order of one customer. Returns the invented product id of each good."""
    goods = sorted({name for basket in baskets for name in basket})
    product_ids = {name: f"g{number:03}" for number, name in enumerate(goods, start=1)}
    tables: dict[str, list[tuple[object, ...]]] = {
        "products": [("product_id", "name"), *((product_ids[name], name) for name in goods)],
        "customers": [("customer_id", "created_at")],
        "orders": [("order_id", "customer_id", "ordered_at", "status", "gross_amount")],
        "order_items": [("order_id", "line_number", "product_id", "quantity", "unit_price_amount")],
    }
    for number, basket in enumerate(baskets, start=1):
        order, customer = f"o{number}", f"c{number}"
        tables["customers"].append((customer, "2026-01-01 00:00:00"))
        tables["orders"].append((order, customer, "2026-01-02 00:00:00", "completed", len(basket)))
        tables["order_items"] += [
            (order, line, product_ids[name], 1, 1) for line, name in enumerate(basket, start=1)
        ]
    for table, rows in tables.items():
        lines = (",".join(f'"{value}"' for value in row) for row in rows)
        (raw_dir / f"{table}.csv").write_text("\n".join(lines) + "\n")
    return product_ids


@pytest.mark.skipif(not BASKETS.exists(), reason="the Groceries baskets are not on this machine")
def test_pair_rules_equal_the_published_ones(place: Place) -> None:
    baskets = [line.split(",") for line in BASKETS.read_text().splitlines()]
    product_ids = write_raw_tables(baskets, place.settings.raw_dir)
    built = place.dbt(
        "run", "--select", "+rpt_product_affinity", "--vars", "{affinity_min_orders: 1}"
    )
    assert built.returncode == 0, built.stdout
    [(rules,)] = place.rows(
        "select count(*) from products.rpt_product_affinity"
        " where support >= 0.01 and confidence >= 0.25"
    )
    assert rules == 96
    [rule] = place.rows(
        "select round(support, 6), round(confidence, 6), round(lift, 6)"
        " from products.rpt_product_affinity where product_id = ? and other_product_id = ?",
        [product_ids["berries"], product_ids["whipped/sour cream"]],
    )
    assert rule == (0.009049, 0.272171, 3.796886)
