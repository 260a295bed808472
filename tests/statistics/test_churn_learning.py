"""What churn risk says where little can be learnt: thin shops, terms that tell all, terms that say the same."""

from collections.abc import Iterable
from contextlib import closing
from datetime import date, timedelta

import duckdb
import numpy as np
import pandas as pd
import pytest

from tests.statistics.sql import build

TERMS = ["orders", "recency", "age", "rhythm", "purchase_model"]
TODAY = date(2026, 3, 31)


def days_ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def little_shop(purchases: Iterable[tuple[str, date]]) -> duckdb.DuckDBPyConnection:
    """Nothing but these purchases, up to 2026-03-31, in an empty warehouse with our models."""
    warehouse = duckdb.connect()
    warehouse.execute("""
        create table int_purchase_days_merged
            (customer_id varchar, purchased_on date, voided_on date, net_amount decimal(18, 4));
        create table stg_shop__subscriptions
            (subscription_id varchar, customer_id varchar, started_at timestamp,
            trial_ended_at timestamp, ended_at timestamp)
    """)
    rows = ", ".join(f"('{who}', date '{day}', null, 10)" for who, day in purchases)
    if rows:
        warehouse.execute(f"insert into int_purchase_days_merged values {rows}")
    build(warehouse, "fct_churn_risk")
    build(warehouse, "rpt_churn_calibration")
    return warehouse


def gone_for_long(customers: int) -> list[tuple[str, date]]:
    """A few purchases each at random gaps, the last of them over 400 days ago."""
    random = np.random.default_rng(9)
    return [
        (str(who), days_ago(400 + int(days)))
        for who in range(customers)
        for days in random.integers(0, 200) + random.exponential(60, random.geometric(0.5)).cumsum()
    ]


NOBODY = "nobody could be scored before the window"


@pytest.mark.parametrize(
    ("purchases", "method", "reason", "verdict"),
    [
        pytest.param([], None, None, NOBODY, id="empty shop"),
        pytest.param(
            [("ada", days_ago(300))], "none", "too_few_repeat_buyers", NOBODY, id="one customer"
        ),
        pytest.param(
            [(str(who), days_ago(who)) for who in range(1, 600)],
            *("none", "too_few_repeat_buyers", NOBODY),
            id="nobody bought twice",
        ),
        pytest.param(
            gone_for_long(600),
            *("purchase_model", None, "everyone did the same"),
            id="everyone churned",
        ),
    ],
)
def test_what_cannot_be_learnt_is_said(
    purchases: list[tuple[str, date]], method: str | None, reason: str | None, verdict: str
) -> None:
    with closing(little_shop(purchases)) as warehouse:
        rows = warehouse.sql("""
            select distinct score_method, no_score_reason, churn_risk between 0 and 1, risk_driver_1
            from fct_churn_risk
        """).fetchall()
        assert rows == ([(method, reason, None if reason else True, None)] if method else [])
        report = warehouse.sql("select verdict from rpt_churn_calibration where bin = 'all'")
        assert report.fetchall()[0][0].startswith(verdict)


def lessons(recency: np.ndarray, lapsed: np.ndarray) -> duckdb.DuckDBPyConnection:
    """Invented examples of the fit `today`; the other terms are noise with a fixed seed."""
    random = np.random.default_rng(20260331)
    table = pd.DataFrame({f"{term}_term": random.normal(size=len(recency)) for term in TERMS})
    table["recency_term"] = recency
    table = table.assign(fit="today", origin_on=TODAY, customers=1, lapsed_customers=lapsed)
    warehouse = duckdb.connect()
    warehouse.register("invented", table)
    warehouse.execute("create table int_churn_examples_pooled as from invented")
    build(warehouse, "int_churn_models_fitted")
    return warehouse


@pytest.mark.parametrize(
    ("customers", "noise", "reason"),
    [(400, 1, None), (400, 0, "separation"), (199, 1, "too_few_customers")],
)
def test_a_term_that_tells_all_is_no_model(customers: int, noise: int, reason: str | None) -> None:
    random = np.random.default_rng(7)
    recency = random.normal(size=customers)
    lapsed = (recency + noise * random.normal(size=customers) > 0).astype(int)
    with closing(lessons(recency, lapsed)) as warehouse:
        query = "select unidentified_reason from int_churn_models_fitted where fit = 'today' and is_full"
        assert warehouse.sql(query).fetchall() == [(reason,)]


def test_terms_that_say_the_same_are_no_model() -> None:
    random = np.random.default_rng(8)
    recency = np.ones(400)
    with closing(lessons(recency, random.integers(0, 2, 400))) as warehouse:
        query = "select unidentified_reason from int_churn_models_fitted where fit = 'today' and is_full"
        assert warehouse.sql(query).fetchall() == [("flat_likelihood",)]
