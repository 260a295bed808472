"""Lift by market as the models compute it, beside scipy and sums done by hand; seeds were written down before."""

import duckdb
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests.statistics.campaigns import LIFT, built, warehouse
from tests.statistics.test_intervals import newcombe

MARKETS = [
    "int_campaign_markets_summed",
    "int_campaign_markets_paired",
    "rpt_campaign_lift_by_market",
]
PEOPLE = {"DE": 4000, "FR": 2500, "TR": 1200, "NO": 90, "SE": 60, None: 40}
ARMS = np.array(["control", "a", "b"])


def campaign(seed: int, rates: dict[tuple[str, str | None], float]) -> pd.DataFrame:
    """People of one campaign, a third in each arm, who convert at 10 % or at the rate of their arm and country."""
    rng = np.random.default_rng(seed)
    countries = np.repeat(np.array(list(PEOPLE), dtype=object), list(PEOPLE.values()))
    people = pd.DataFrame({"country": countries, "arm": ARMS[rng.integers(0, 3, len(countries))]})
    chance = [rates.get(key, 0.1) for key in zip(people["arm"], people["country"], strict=True)]
    return people.assign(converted=rng.random(len(people)) < chance)


def by_market(*campaigns: pd.DataFrame) -> duckdb.DuckDBPyConnection:
    everybody = pd.concat(campaigns, keys=range(len(campaigns)), names=["campaign"]).reset_index()
    connection = warehouse()
    connection.register("people", everybody.assign(customer_id=everybody.index.astype(str)))
    connection.execute("create table dim_customers as select customer_id, country from people")
    connection.execute("""
        insert into int_campaign_people_measured
        select campaign, customer_id, arm, arm = 'control', true, timestamp '2026-01-01', true,
            case when converted then timestamp '2026-01-02' end, 0
        from people
    """)
    built(connection, ["int_campaign_arms_summed", *LIFT, *MARKETS])
    return connection


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    return campaign(301, {("a", "DE"): 0.14, ("b", "DE"): 0.12, ("b", "FR"): 0.05})


@pytest.fixture(scope="module")
def found(people: pd.DataFrame) -> pd.DataFrame:
    return by_market(people).sql("from rpt_campaign_lift_by_market order by arm, market").df()


def test_markets_are_the_large_countries_and_one_for_the_others(found: pd.DataFrame) -> None:
    assert list(found["market"]) == ["(other)", "DE", "FR", "TR"] * 2
    assert set(found.loc[found["market"] == "(other)", "countries"]) == {3}


def test_each_market_is_a_comparison_done_apart(people: pd.DataFrame, found: pd.DataFrame) -> None:
    placed = people.assign(
        market=people["country"].where(people["country"].isin(["DE", "FR", "TR"]), "(other)")
    )
    counts = placed.groupby(["market", "arm"])["converted"].agg(["sum", "count"])
    for row in found.itertuples():
        arm = tuple(int(number) for number in counts.loc[(row.market, row.arm)])
        control = tuple(int(number) for number in counts.loc[(row.market, "control")])
        table = [[hits, people - hits] for hits, people in (arm, control)]
        # the square of the pooled z-test's deviate is the chi-square of the table
        assert row.p_value == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue)
        assert (row.lift_low, row.lift_high) == pytest.approx(newcombe(arm, control), abs=1e-12)
        assert row.absolute_lift == pytest.approx(arm[0] / arm[1] - control[0] / control[1])
        assert row.incremental_conversions == pytest.approx(row.absolute_lift * arm[1])


def test_p_values_are_corrected_over_all_arms_and_markets(found: pd.DataFrame) -> None:
    largest = 0.0
    ordered = found.sort_values(["p_value", "market", "arm"])
    for place, row in enumerate(ordered.itertuples()):
        largest = max(largest, min(1.0, row.p_value * (len(found) - place)))
        assert row.adjusted_p_value == pytest.approx(largest, rel=1e-9)
    better = found["adjusted_p_value"].lt(0.05) & found["absolute_lift"].gt(0)
    assert list(found["verdict"].eq("better than control")) == list(better)
    assert better.any()
    assert found["verdict"].eq("worse than control").any()


def test_markets_add_up_to_the_campaign(people: pd.DataFrame) -> None:
    connection = by_market(people)
    sums = "sum(arm_assigned), sum(arm_people), sum(arm_converters), sum(control_people), sum(control_converters)"
    assert (
        connection.sql(
            f"select arm, {sums} from rpt_campaign_lift_by_market group by arm order by arm"
        ).fetchall()
        == connection.sql(
            f"select arm, {sums} from rpt_campaign_lift group by arm order by arm"
        ).fetchall()
    )


def test_no_effect_anywhere_rarely_finds_one() -> None:
    """Of 100 campaigns with eight comparisons each, about one in twenty may have one that stands out."""
    [(false,)] = (
        by_market(*(campaign(seed, {}) for seed in range(400, 500)))
        .sql("""
            select count(distinct campaign_id) from rpt_campaign_lift_by_market
            where verdict like '% than control'
        """)
        .fetchall()
    )
    assert false / 100 <= 0.105  # 0.05 and two and a half standard errors
