"""The cohort table on real purchases, against the same table computed from the file without SQL."""

import runpy
from datetime import date

import pandas as pd
import pytest

from orchestration.settings import ROOT
from tests.conftest import Place, make_place

PURCHASES = ROOT.parent / "shared" / "data" / "cdnow" / "CDNOW_sample.txt"
LAST_DAY = date(1998, 6, 30)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PURCHASES.exists(), reason="the CDNOW purchases are not on this machine"),
]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = make_place(tmp_path_factory.mktemp("cdnow"), LAST_DAY)
    runpy.run_path(str(ROOT / "examples" / "cdnow" / "prepare.py"))["prepare"](
        PURCHASES, place.settings.raw_dir
    )
    built = place.dbt(
        *("build", "--quiet", "--select", "+rpt_cohort_retention"),
        *("--resource-type", "model", "--resource-type", "seed"),
    )
    assert built.returncode == 0, built.stdout
    return place


def computed() -> dict[tuple[date, int], tuple[int, int, int, float, float]]:
    """(cohort, months since) -> customers, active ones, orders, revenue, revenue so far a customer."""
    names = ["full_id", "customer", "day", "discs", "dollars"]
    purchases = pd.read_csv(PURCHASES, sep=r"\s+", header=None, names=names, dtype=str)
    months = pd.to_datetime(purchases["day"], format="%Y%m%d").dt.to_period("M")
    purchases["month"] = months.dt.year * 12 + months.dt.month
    purchases["dollars"] = purchases["dollars"].astype(float)
    purchases["cohort"] = purchases.groupby("customer")["month"].transform("min")
    cells = {}
    for cohort, bought in purchases.groupby("cohort"):
        size = bought["customer"].nunique()
        start = date((cohort - 1) // 12, (cohort - 1) % 12 + 1, 1)
        for month in range(cohort, LAST_DAY.year * 12 + LAST_DAY.month + 1):
            now, so_far = bought[bought["month"] == month], bought[bought["month"] <= month]
            cells[start, month - cohort] = (
                size,
                now["customer"].nunique(),
                len(now),
                round(now["dollars"].sum(), 2),
                round(so_far["dollars"].sum() / size, 4),
            )
    return cells


def test_every_cell_of_the_monthly_cohorts_is_the_computed_one(shop: Place) -> None:
    rows = shop.rows("""
        select
            cohort_start, period_number, cohort_size, active_customers, order_count,
            cast(revenue_amount as double), cast(cumulative_revenue_per_customer_amount as double)
        from lifecycle.rpt_cohort_retention
        where cohort_kind = 'first_purchase_month' and segment_kind = 'all'
    """)
    cells = {(cohort, age): tuple(figures) for cohort, age, *figures in rows}
    expected = computed()
    assert sum(orders for _, _, orders, _, _ in expected.values()) == 6919
    assert cells == expected


def test_the_first_three_cohorts_are_everybody(shop: Place) -> None:
    """The file holds the people whose first purchase was in the first quarter of 1997."""
    rows = shop.rows("""
        select cohort_start, cohort_size from lifecycle.rpt_cohort_retention
        where cohort_kind = 'first_purchase_month' and segment_kind = 'all' and period_number = 0
        order by cohort_start
    """)
    assert [start for start, _ in rows] == [date(1997, month, 1) for month in (1, 2, 3)]
    assert sum(size for _, size in rows) == 2357
