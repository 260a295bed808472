"""Churn risk: as good as gradient boosting, fitted as other libraries fit it, and blind to what follows."""

import runpy
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date

import duckdb
import numpy as np
import pandas as pd
import pytest
from scipy.special import betaln, expit
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score

from orchestration.sample.command import write_sample
from orchestration.sample.generator import Shop as SampleShop
from orchestration.settings import ROOT
from tests.conftest import Place, make_place
from tests.statistics.sql import build

CDNOW = ROOT.parent / "shared" / "data" / "cdnow" / "CDNOW_sample.txt"
TERMS = ["orders", "recency", "age", "rhythm", "purchase_model"]
COLUMNS = [f"{term}_term" for term in TERMS]
HISTORY = ["repeat_count", "days_to_last_purchase", "age_days"]
HORIZON, STEP, ORIGINS = 90, 30, 4


@dataclass(frozen=True)
class Built:
    """A shop whose churn models were built, its last day and the days each of its customers bought on."""

    warehouse: duckdb.DuckDBPyConnection
    as_of: date
    purchases: pd.DataFrame

    def table(self, query: str) -> pd.DataFrame:
        return self.warehouse.sql(query).df()

    def days_ago(self, days: int) -> pd.Timestamp:
        return pd.Timestamp(self.as_of) - pd.Timedelta(days=days)


def known_at(purchases: pd.DataFrame, origin: pd.Timestamp) -> pd.DataFrame:
    """What a customer's dates say on a day, and whether no purchase followed: one row a customer."""

    def standing(day: pd.Timestamp) -> pd.DataFrame:
        made = purchases["purchased_on"] <= day
        return purchases[made & ~(purchases["voided_on"] <= day)].sort_values("purchased_on")

    bought = standing(origin)
    days = bought.groupby("customer_id")["purchased_on"]
    gaps = days.diff().dt.days.groupby(bought["customer_id"])
    end = standing(origin + pd.Timedelta(days=HORIZON))
    facts = pd.DataFrame(
        {
            "orders": days.size(),
            "recency": (origin - days.max()).dt.days,
            "age": (origin - days.min()).dt.days,
            "mean_gap": gaps.mean(),
            "median_gap": gaps.median(),
            "last_gap": gaps.last(),
        }
    ).fillna(-1)
    facts["lapsed"] = ~facts.index.isin(end[end["purchased_on"] > origin]["customer_id"])
    return facts


def built_by_dbt(place: Place) -> Built:
    """The shop through the whole of dbt, copied into memory."""
    done = place.dbt(
        *("build", "--quiet", "--select", "+fct_churn_risk", "+rpt_churn_calibration"),
        *("--exclude", "resource_type:unit_test"),
    )
    assert done.returncode == 0, done.stdout
    warehouse = duckdb.connect()
    warehouse.execute(f"attach '{place.settings.warehouse}' as source (read_only)")
    for schema, name in warehouse.execute("""
        select schema_name, table_name from duckdb_tables()
        where database_name = 'source' and schema_name in ('intermediate', 'value', 'seeds')
    """).fetchall():
        warehouse.execute(f"create table {name} as from source.{schema}.{name}")
    purchases = warehouse.sql("from int_purchase_days_merged").df()
    return Built(warehouse, place.settings.as_of, purchases)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    place = make_place(tmp_path_factory.mktemp("sample"), date(2026, 3, 31))
    shop = SampleShop(customers=10_000, months=24, seed=1, end=place.settings.as_of)
    place.settings.raw_dir.rmdir()
    write_sample(shop, place.settings.raw_dir, lambda done, step, steps: None)
    built = built_by_dbt(place)
    with closing(built.warehouse):
        yield built


@pytest.fixture(scope="module")
def cdnow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    if not CDNOW.exists():
        pytest.skip("the CDNOW purchases are not on this machine")
    place = make_place(tmp_path_factory.mktemp("cdnow"), date(1998, 6, 30))
    prepare = runpy.run_path(str(ROOT / "examples" / "cdnow" / "prepare.py"))["prepare"]
    prepare(CDNOW, place.settings.raw_dir)
    built = built_by_dbt(place)
    with closing(built.warehouse):
        yield built


@pytest.fixture(params=["sample", "cdnow"])
def shop(request: pytest.FixtureRequest) -> Built:
    return request.getfixturevalue(request.param)


def closed_scores(shop: Built) -> pd.DataFrame:
    """The customers of the last closed window: our risk, and by pandas what was known and what followed."""
    scores = shop.table(f"""
        select customer_id, churn_risk
        from int_purchase_histories_summed
        inner join int_churn_risks_scored using (origin_on, {", ".join(HISTORY)})
        where fit = 'closed'
    """).set_index("customer_id")
    known = known_at(shop.purchases, shop.days_ago(HORIZON))
    assert sorted(scores.index) == sorted(known.index)
    return known.join(scores)


@pytest.mark.slow
def test_it_is_as_good_as_gradient_boosting(shop: Built) -> None:
    """Both learn of the same past days, and are held against the window that neither knew."""
    scores = closed_scores(shop)
    past = [shop.days_ago(2 * HORIZON + STEP * k) for k in range(ORIGINS)]
    lessons = pd.concat([known_at(shop.purchases, day) for day in past])
    facts = ["orders", "recency", "age", "mean_gap", "median_gap", "last_gap"]
    boosted = GradientBoostingClassifier(random_state=0).fit(lessons[facts], lessons["lapsed"])
    theirs = boosted.predict_proba(scores[facts])[:, 1]
    came, ours = scores["lapsed"], scores["churn_risk"]
    assert roc_auc_score(came, ours) >= roc_auc_score(came, theirs) - 0.01
    assert brier_score_loss(came, ours) <= 1.05 * brier_score_loss(came, theirs)
    assert brier_score_loss(came, ours) < came.mean() * (1 - came.mean())


@pytest.mark.slow
def test_the_calibration_is_what_numpy_and_scikit_learn_say(shop: Built) -> None:
    scores = closed_scores(shop).sort_values("churn_risk")
    report = shop.table("from rpt_churn_calibration order by position").set_index("bin")
    everyone, bins = report.loc["all"], report.drop("all")
    came, risk = scores["lapsed"].to_numpy(), scores["churn_risk"].to_numpy()
    assert everyone["customers"] == len(scores)
    assert everyone["lapsed_customers"] == came.sum()
    assert everyone["auc"] == pytest.approx(roc_auc_score(came, risk), rel=1e-12)
    assert everyone["brier_score"] == pytest.approx(brier_score_loss(came, risk), rel=1e-12)
    assert everyone["predicted_rate"] == pytest.approx(risk.mean(), rel=1e-12)
    assert bins["customers"].sum() == len(scores)
    assert len(bins) == 10
    edges = np.cumsum(bins["customers"].to_numpy(dtype=int))
    parts = list(zip(np.split(risk, edges[:-1]), np.split(came, edges[:-1]), strict=True))
    for (predicted, lapsed), (_, row) in zip(parts, bins.iterrows(), strict=True):
        largest_tie = max(np.unique(predicted, return_counts=True)[1])
        assert abs(row["customers"] - len(scores) / 10) <= largest_tie + 1
        assert row["lapsed_customers"] == lapsed.sum()
        assert row["predicted_rate"] == pytest.approx(predicted.mean(), rel=1e-12)
        assert row["highest_risk"] == predicted[-1]
    error = sum(len(p) * abs(p.mean() - c.mean()) for p, c in parts) / len(scores)
    assert everyone["expected_calibration_error"] == pytest.approx(error, rel=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("fit", ["today", "closed"])
def test_coefficients_equal_an_independent_fit(shop: Built, fit: str) -> None:
    """Against scikit-learn without a penalty, and the inverse of the Hessian by numpy."""
    rows = shop.table(f"from int_churn_examples_pooled where fit = '{fit}'")
    x = np.vstack([rows[COLUMNS], rows[COLUMNS]])
    y = np.repeat([1, 0], len(rows))
    weights = np.concatenate(
        [rows["lapsed_customers"], rows["customers"] - rows["lapsed_customers"]]
    )
    theirs = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-10, max_iter=1000)
    theirs.fit(x, y, sample_weight=weights)
    expected = np.concatenate([theirs.intercept_, theirs.coef_[0]])
    [ours] = shop.table(f"from int_churn_models_fitted where fit = '{fit}' and is_full").to_dict(
        "records"
    )
    names = ["intercept", *(f"{term}_coefficient" for term in TERMS)]
    assert ours["unidentified_reason"] is None or pd.isna(ours["unidentified_reason"])
    assert [ours[name] for name in names] == pytest.approx(expected.tolist(), rel=1e-5)
    design = np.column_stack([np.ones(len(x)), x])
    p = expit(design @ expected)
    covariance = np.linalg.inv((design * (weights * p * (1 - p))[:, None]).T @ design)
    errors = np.sqrt(np.diag(covariance)).tolist()
    assert [ours[f"{name}_error"] for name in names] == pytest.approx(errors, rel=1e-5)
    said = weights @ np.where(y == 1, np.log(p), np.log1p(-p))
    assert ours["log_likelihood"] == pytest.approx(said, abs=1e-3)


@pytest.mark.slow
def test_examples_are_what_pandas_makes_of_the_dates(shop: Built) -> None:
    """Terms and outcomes of the past days the closed window was scored by, from the dates alone."""
    rows = shop.table("""
        select customer_id, examples.*, models.r, models.alpha, models.a, models.b, models.dropout_offset
        from int_churn_examples_pooled as examples
        inner join int_purchase_histories_summed using (origin_on, repeat_count, days_to_last_purchase, age_days)
        inner join int_purchase_models_chosen as models using (origin_on)
        where fit = 'closed'
    """)
    for k in range(ORIGINS):
        origin = shop.days_ago(2 * HORIZON + STEP * k)
        ours = rows[rows["origin_on"] == origin].set_index("customer_id")
        known = known_at(shop.purchases, origin).loc[ours.index]
        assert len(ours) == len(known)
        x, age = known["orders"] - 1, known["age"] / 7
        last = (known["age"] - known["recency"]) / 7
        m = x + ours["dropout_offset"]
        growth = (ours["alpha"] + age) / (ours["alpha"] + last)
        gone = (ours["a"] / (ours["b"] + m - 1) * growth ** (ours["r"] + x)).where(m > 0, 0)
        reach = (ours["alpha"] + age) / (ours["alpha"] + age + HORIZON / 7)
        kept = np.maximum((1 - reach ** (ours["r"] + x)) / (1 + gone), 1e-9)
        gap = known["mean_gap"].where(x > 0, known["recency"])
        expected = {
            "orders": np.log1p(known["orders"]),
            "recency": np.log1p(known["recency"]),
            "age": np.log1p(known["age"]),
            "rhythm": np.log1p((known["recency"] / gap).fillna(1)),
            "purchase_model": np.log1p(-kept) - np.log(kept),
        }
        for term, values in expected.items():
            np.testing.assert_allclose(ours[f"{term}_term"], values, atol=1e-6, err_msg=term)
        lapsed = ours.groupby(HISTORY)["lapsed_customers"].first().sum()
        assert lapsed == known["lapsed"].sum()


@pytest.mark.slow
def test_drivers_are_true_and_shares_are_shapley_values(shop: Built) -> None:
    rows = shop.table("""
        select *
        from int_purchase_histories_summed
        inner join int_churn_features_gathered using (origin_on, repeat_count, days_to_last_purchase, age_days)
        inner join fct_churn_risk using (customer_id)
        where origin_on = scored_on
    """)
    fits = shop.table("from int_churn_models_fitted where fit = 'today'").set_index("is_full")
    told = ["orders", "recency", "rhythm"]

    def said(is_full: bool, terms: list[str]) -> pd.DataFrame:
        return pd.DataFrame(
            {t: fits.loc[is_full, f"{t}_coefficient"] * rows[f"{t}_term"] for t in terms}
        )

    parts = said(False, told)
    parts["pattern"] = said(True, TERMS).sum(axis=1) - parts.sum(axis=1)
    over = parts - parts.mean()
    log_odds = np.log(rows["churn_risk"] / (1 - rows["churn_risk"]))
    typical = fits.loc[True, "intercept"] + parts.mean().sum()
    np.testing.assert_allclose(over.sum(axis=1), log_odds - typical, atol=1e-6)
    words = shop.table("from churn_drivers").set_index("churn_driver")
    raised = over.clip(lower=0)
    shares = raised.div(raised.sum(axis=1), axis=0)
    for place in (1, 2, 3):
        expected = shares.apply(lambda row, place=place: row.nlargest(place).iloc[-1], axis=1)
        ours = rows[f"risk_driver_{place}_share"].fillna(0)
        np.testing.assert_allclose(ours, expected.fillna(0), atol=1e-9)
        named = rows[rows[f"risk_driver_{place}_code"].notna()]
        for code, people in named.groupby(f"risk_driver_{place}_code"):
            assert set(people[f"risk_driver_{place}"]) == {words.loc[code, "label_en"]}
            term = words.loc[code, "term"]
            value = parts["pattern"] if term == "pattern" else rows[f"{term}_term"]
            distance = value.loc[people.index] - value.mean()
            assert ((distance > 0) == words.loc[code, "is_above_typical"]).all(), code
    # Who is more at risk than the typical customer is told why, in words that a marketer would expect.
    codes = rows[log_odds > typical + 1e-6]["risk_driver_1_code"]
    assert set(codes) <= {
        "few_orders",
        "long_since_last_order",
        "late_for_own_rhythm",
        "silent_pattern",
    }


@pytest.mark.slow
def test_subscriptions_are_at_risk_as_their_model_says(sample: Built) -> None:
    rows = sample.table("""
        select subscription_tenure_months, subscription_churn_risk, alpha, beta
        from fct_churn_risk cross join int_contract_models_fitted
        where has_live_subscription
    """)
    now = rows["subscription_tenure_months"]
    then = now + HORIZON * 12 / 365.25
    a, b = rows["alpha"], rows["beta"]
    expected = -np.expm1(betaln(a, b + then) - betaln(a, b + now))
    assert len(rows) > 100
    np.testing.assert_allclose(rows["subscription_churn_risk"], expected, rtol=1e-9)


@pytest.mark.slow
def test_the_closed_fit_does_not_know_what_followed(shop: Built) -> None:
    """Without any purchase, or taking back, after the day it scores, it is the same to the last digit."""
    with duckdb.connect() as past:
        past.register("purchases", shop.purchases)
        past.execute(f"""
            create table int_purchase_days_merged as
            select * replace (case when voided_on <= day then voided_on end as voided_on)
            from purchases cross join (select date '{shop.days_ago(HORIZON).date()}' as day)
            where purchased_on <= day
        """)
        build(past, "int_churn_models_fitted", as_of=shop.as_of.isoformat())
        query = "select * from int_churn_models_fitted where fit = 'closed' order by is_full"
        assert past.sql(query).fetchall() == shop.warehouse.sql(query).fetchall()
        query = "select sum(lapsed_customers) from int_churn_examples_pooled where fit = 'today'"
        assert past.sql(query).fetchall() != shop.warehouse.sql(query).fetchall()
