"""Kaplan-Meier, its interval and the log-rank test against scipy's, on invented durations with ties."""

from collections.abc import Iterator
from contextlib import closing

import duckdb
import numpy as np
import pytest
from scipy import stats

from tests.statistics.sql import model

SEEDS = [1, 2, 3]
CHAIN = [
    "int_survivals_estimated",
    "rpt_survival",
    "int_survivals_compared",
    "rpt_survival_comparisons",
]


class Durations:
    """Invented durations of two countries, and a warehouse in which our models were built of them."""

    def __init__(self, warehouse: duckdb.DuckDBPyConnection, seed: int) -> None:
        random = np.random.default_rng(seed)
        self.days = random.geometric(1 / 40, 400)
        seen = random.integers(1, 120, 400)
        self.ended = self.days <= seen
        self.days = np.minimum(self.days, seen)
        self.country = np.where(random.random(400) < 0.3, "DE", "TR")
        self.warehouse = warehouse
        rows = zip(self.country.tolist(), self.days.tolist(), self.ended.tolist(), strict=True)
        warehouse.execute(
            "create table people (country varchar, day_number bigint, is_ended boolean)"
        )
        warehouse.executemany("insert into people values (?, ?, ?)", list(rows))
        warehouse.execute("""
            create table int_durations_counted as
            select
                'to_churn' as duration_kind, cast(null as varchar) as lifecycle_stage,
                kind as segment_kind, case kind when 'all' then 'all' else country end as segment_value,
                day_number, count(*) filter (where is_ended) as exits, count(*) filter (where not is_ended) as censored
            from people cross join (values ('all'), ('country')) as kinds (kind)
            group by all
        """)
        for name in CHAIN:
            warehouse.execute(f"create table {name} as {model(name)}")

    def censored(self, country: str | None = None) -> stats.CensoredData:
        chosen = np.full(len(self.days), True) if country is None else self.country == country
        return stats.CensoredData(
            uncensored=self.days[chosen & self.ended], right=self.days[chosen & ~self.ended]
        )


@pytest.fixture(scope="module", params=SEEDS)
def durations(request: pytest.FixtureRequest) -> Iterator[Durations]:
    with closing(duckdb.connect()) as warehouse:
        yield Durations(warehouse, request.param)


@pytest.mark.filterwarnings("ignore:The confidence interval is undefined:RuntimeWarning")
@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning")
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_curve_and_interval_are_scipys(durations: Durations) -> None:
    curve = stats.ecdf(durations.censored()).sf
    interval = curve.confidence_interval(method="log-log")
    theirs = np.column_stack(
        [curve.probabilities, interval.low.probabilities, interval.high.probabilities]
    )
    ours = np.array(
        durations.warehouse.execute("""
            select survival, survival_low, survival_high from rpt_survival
            where segment_kind = 'all' order by day_number
        """).fetchall(),
        dtype=float,
    )
    inside = (theirs[:, 0] > 0) & (theirs[:, 0] < 1)
    assert inside.sum() > 30
    np.testing.assert_allclose(ours[inside, 0], theirs[inside, 0], rtol=0, atol=1e-12)
    np.testing.assert_allclose(ours[inside], theirs[inside], rtol=0, atol=1e-6)


def test_log_rank_is_scipys(durations: Durations) -> None:
    test = stats.logrank(durations.censored("DE"), durations.censored("TR"))
    for row in durations.warehouse.execute(
        "select chi_square, p_value from rpt_survival_comparisons where segment_kind = 'country'"
    ).fetchall():
        np.testing.assert_allclose(row, (test.statistic**2, test.pvalue), rtol=1e-8)


def test_exits_and_expected_exits_have_one_sum(durations: Durations) -> None:
    [(exits, expected)] = durations.warehouse.execute(
        "select sum(exits), sum(expected_exits) from int_survivals_compared"
    ).fetchall()
    assert expected == pytest.approx(exits, rel=1e-9)
