"""The back-test on real purchases (CDNOW 1/10): fitted on 39 weeks, held against the 39 after, as is usual."""

import duckdb
import pandas as pd
import pytest

from orchestration.settings import ROOT
from tests.statistics.sql import build

PURCHASES = ROOT.parent / "shared" / "data" / "cdnow" / "CDNOW_sample.txt"

pytestmark = pytest.mark.skipif(
    not PURCHASES.exists(), reason="the CDNOW purchases are not on this machine"
)

# Bias, mean absolute error, root mean squared error, correlation: of independent fits in Python, not of these models.
PUBLISHED = {
    "bgnbd": (-0.121, 0.785, 1.608, 0.626),
    "mbgnbd": (-0.162, 0.765, 1.607, 0.627),
}
PUBLISHED_VALUE = {"bgnbd": (-0.156, 30.4, 72.3, 0.565)}
RATE_TIMES_HORIZON = (0.557, 1.024, 2.212, 0.584)


def backtest(purchase_model: str) -> dict[tuple[str, str], tuple[float, ...]]:
    """(measure, method) -> bias and errors of the window from the first of October 1997 to the end of June 1998."""
    db = duckdb.connect()
    names = ["line", "customer_id", "purchased_on", "discs", "net_amount"]
    lines = pd.read_csv(PURCHASES, sep=r"\s+", header=None, names=names, dtype=str)
    db.register("lines", lines)
    db.execute(
        "create table int_purchase_days_merged as select customer_id, cast(null as date) as voided_on,"
        " cast(strptime(purchased_on, '%Y%m%d') as date) as purchased_on,"
        " cast(sum(cast(net_amount as decimal(18, 4))) as decimal(18, 4)) as net_amount"
        " from lines group by customer_id, purchased_on"
    )
    build(
        db,
        "rpt_forecast_backtest",
        as_of="1998-06-30",
        variables={"forecast_backtest_days": 273, "purchase_model": purchase_model},
    )
    figures = "bias, mean_absolute_error, root_mean_squared_error, correlation, verdict"
    rows = db.execute(f"select measure, method, {figures} from rpt_forecast_backtest").fetchall()
    return {(measure, method): tuple(rest) for measure, method, *rest in rows}


@pytest.mark.slow
@pytest.mark.parametrize("purchase_model", PUBLISHED)
def test_the_holdout_of_cdnow_is_forecast_as_published(purchase_model: str) -> None:
    found = backtest(purchase_model)
    *figures, verdict = found["orders", "forecast"]
    assert figures == pytest.approx(PUBLISHED[purchase_model], abs=5.01e-4)
    assert verdict == "better than the simple rules"
    *figures, verdict = found["orders", "rate_times_horizon"]
    assert figures == pytest.approx(RATE_TIMES_HORIZON, abs=5.01e-4)
    assert verdict is None
    if purchase_model in PUBLISHED_VALUE:
        bias, absolute, squared, correlation, _ = found["value", "forecast"]
        rounded = (round(bias, 3), round(absolute, 1), round(squared, 1), round(correlation, 3))
        assert rounded == PUBLISHED_VALUE[purchase_model]
