"""Purchase, spend and contract models fitted in SQL, against scipy and the truth of simulations.

The reference shares nothing with the SQL: gamma functions instead of finite sums, gradients by complex steps, a
root-finder instead of Newton steps.
"""

from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.special import loggamma

from tests.statistics.simulated import Histories, in_whole_days, mean_amounts, purchases, tenures
from tests.statistics.sql import AS_OF, model

PURCHASE_MODELS = [
    "int_purchase_patterns_counted",
    "int_numbers_listed",
    "int_repeat_purchases_counted",
    "int_purchase_evidence_gathered",
    "int_purchase_models_listed",
    "int_nbd_models_fitted",
    "int_dropout_models_fitted",
    "int_purchase_models_fitted",
    "int_purchase_models_chosen",
]
SPEND_MODELS = ["int_spend_evidence_gathered", "int_spend_models_fitted"]
OFFSETS = {"bgnbd": 0, "mbgnbd": 1}
Fit = dict[str, Any]
Likelihood = Callable[[np.ndarray], complex]


def fitted(histories: pd.DataFrame, names: list[str], *wanted: str) -> list[list[Fit]]:
    """Rows of some models, built with those before them on histories at the as-of day."""
    with closing(duckdb.connect()) as warehouse:
        warehouse.execute(f"""
            create table int_forecast_origins_listed as
            select date '{AS_OF}' as origin_on, true as is_today, false as is_backtest
        """)
        warehouse.execute(f"""
            create table int_purchase_histories_summed as
            select date '{AS_OF}' as origin_on, * from histories
        """)
        for name in names:
            warehouse.execute(f"create table {name} as {model(name)}")
        return [rows_of(warehouse, f"from {name}") for name in wanted]


def rows_of(warehouse: duckdb.DuckDBPyConnection, query: str) -> list[Fit]:
    result = warehouse.execute(query)
    columns = [column[0] for column in result.description]
    return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]


def table(histories: Histories) -> pd.DataFrame:
    count, last, age = histories
    columns = {"repeat_count": count, "days_to_last_purchase": last, "age_days": age}
    return pd.DataFrame({**columns, "mean_repeat_amount": np.nan})


def purchase_fits(histories: Histories) -> dict[str, Fit]:
    [rows] = fitted(table(histories), PURCHASE_MODELS, "int_purchase_models_fitted")
    return {row["model"]: row for row in rows}


def purchase_likelihood(name: str, histories: Histories) -> Likelihood:
    """Log-likelihood of the logarithms of the parameters, as the papers write it; weeks."""
    x, last, age = histories[0], histories[1] / 7, histories[2] / 7

    def nbd(u: np.ndarray) -> complex:
        r, alpha = np.exp(u)
        terms = loggamma(r + x) - loggamma(r) + r * np.log(alpha) - (r + x) * np.log(alpha + age)
        return terms.sum()

    def with_dropout(u: np.ndarray) -> complex:
        r, alpha, a, b = np.exp(u)
        m = x + OFFSETS[name]
        terms = loggamma(r + x) - loggamma(r) + r * np.log(alpha) - (r + x) * np.log(alpha + last)
        terms = terms + loggamma(b + m) - loggamma(a + b + m) - loggamma(b) + loggamma(a + b)
        alive = np.exp((r + x) * (np.log(alpha + last) - np.log(alpha + age)))
        gone = np.where(m > 0, a / (b + np.maximum(m, 1) - 1), 0)
        return (terms + np.log(alive + gone)).sum()

    return nbd if name == "nbd" else with_dropout


def spend_likelihood(x: np.ndarray, mean: np.ndarray) -> Likelihood:
    def gamma_gamma(u: np.ndarray) -> complex:
        p, q, v = np.exp(u)
        terms = loggamma(p * x + q) - loggamma(p * x) - loggamma(q) + q * np.log(v)
        terms = terms + (p * x - 1) * np.log(mean) + p * x * np.log(x)
        return (terms - (p * x + q) * np.log(x * mean + v)).sum()

    return gamma_gamma


def contract_likelihood(kept: np.ndarray, lost: np.ndarray) -> Likelihood:
    months = np.arange(1, len(kept) + 1)
    censored = kept - np.append(kept[1:] + lost[1:], 0)

    def log_beta(a: complex, b: complex) -> complex:
        return loggamma(a) + loggamma(b) - loggamma(a + b)

    def sbg(u: np.ndarray) -> complex:
        alpha, beta = np.exp(u)
        of_lost = log_beta(alpha + 1, beta + months - 1) - log_beta(alpha, beta)
        of_censored = log_beta(alpha, beta + months) - log_beta(alpha, beta)
        return (lost * of_lost + censored * of_censored).sum()

    return sbg


def slope(likelihood: Likelihood, u: np.ndarray) -> np.ndarray:
    """Exact gradient by complex steps."""
    steps = 1e-30j * np.eye(len(u))
    return np.array([likelihood(u + step).imag / 1e-30 for step in steps])


def optimum(likelihood: Likelihood, start: Sequence[float]) -> tuple[np.ndarray, np.ndarray, float]:
    """Parameters, standard errors and log-likelihood by scipy, polished until the gradient is gone."""
    found = minimize(
        lambda u: -likelihood(u.astype(complex)).real,
        np.log(start),
        jac=lambda u: -slope(likelihood, u),
        method="BFGS",
        options={"gtol": 1e-4, "maxiter": 1000},
    )
    u = found.x
    for _ in range(5):
        curvature = np.array(
            [
                (slope(likelihood, u + step) - slope(likelihood, u - step)) / 2e-5
                for step in 1e-5 * np.eye(len(u))
            ]
        )
        u = u - np.linalg.solve((curvature + curvature.T) / 2, slope(likelihood, u))
    errors = np.exp(u) * np.sqrt(np.diag(np.linalg.inv(-(curvature + curvature.T) / 2)))
    return np.exp(u), errors, likelihood(u.astype(complex)).real


def assert_is_optimum(
    fit: Fit, names: list[str], likelihood: Likelihood, truth: Sequence[float], people: int
) -> None:
    ours = np.array([fit[name] for name in names])
    parameters, errors, height = optimum(likelihood, truth)
    assert fit["is_identified"], fit
    assert ours == pytest.approx(parameters, rel=1e-5)
    assert [fit[f"{name}_error"] for name in names] == pytest.approx(errors, rel=1e-4)
    assert fit["log_likelihood"] == pytest.approx(height, abs=1e-3)
    assert np.linalg.norm(slope(likelihood, np.log(ours))) / people < 1e-6
    assert fit["gradient_norm"] < 1e-6


SETS = {
    "short histories, bgnbd": ((0.243, 4.414, 0.793, 2.426), 0, 11),
    "long histories, bgnbd": ((2.0, 10.0, 0.3, 5.0), 0, 12),
    "one-time buyers gone, mbgnbd": ((0.55, 8.0, 0.6, 2.5), 1, 13),
    "heavy buyers, mbgnbd": ((5.0, 5.0, 0.1, 0.5), 1, 14),
    "nearly all gone, mbgnbd": ((0.9, 3.0, 3.0, 1.5), 1, 15),
}


@pytest.mark.parametrize("name", SETS)
def test_purchase_models_are_what_scipy_finds(name: str) -> None:
    truth, dropout_offset, seed = SETS[name]
    histories = in_whole_days(purchases(2000, truth, dropout_offset, seed))
    fits = purchase_fits(histories)
    simulated_as = name.split(", ")[1]
    for kind, names in (("nbd", ["r", "alpha"]), (simulated_as, ["r", "alpha", "a", "b"])):
        assert_is_optimum(
            fits[kind], names, purchase_likelihood(kind, histories), truth[: len(names)], 2000
        )
    ratio = 2 * (fits[simulated_as]["log_likelihood"] - fits["nbd"]["log_likelihood"])
    assert fits[simulated_as]["likelihood_ratio"] == pytest.approx(ratio, abs=1e-9)
    assert ratio > 50


@pytest.mark.parametrize(("truth", "seed"), [((6.25, 3.74, 15.44), 21), ((0.8, 9.0, 300.0), 22)])
def test_gamma_gamma_is_what_scipy_finds(truth: tuple[float, float, float], seed: int) -> None:
    x, last, age = purchases(2000, (1.5, 8.0, 0.6, 2.5), 0, seed)
    histories = table((x, last, age))
    histories["mean_repeat_amount"] = mean_amounts(x, truth, seed)
    [[fit]] = fitted(histories.replace({np.nan: None}), SPEND_MODELS, "int_spend_models_fitted")
    bought = x > 0
    mean = histories["mean_repeat_amount"].to_numpy(float)[bought]
    likelihood = spend_likelihood(x[bought].astype(float), mean)
    assert fit["customers"] == bought.sum()
    assert_is_optimum(fit, ["p", "q", "v"], likelihood, truth, bought.sum())


def contract_fit(months: np.ndarray) -> Fit:
    with closing(duckdb.connect()) as warehouse:
        warehouse.execute(
            "create table int_contract_tenures_counted (month_number bigint, kept_subscriptions bigint,"
            " lost_subscriptions bigint)"
        )
        for number, (kept, lost) in enumerate(months.tolist(), start=1):
            warehouse.execute(
                "insert into int_contract_tenures_counted values (?, ?, ?)", [number, kept, lost]
            )
        warehouse.execute("create table stg_shop__subscriptions (started_at timestamp)")
        [fit] = rows_of(warehouse, model("int_contract_models_fitted"))
        return fit


@pytest.mark.parametrize(("truth", "seed"), [((0.668, 3.806), 31), ((3.0, 40.0), 32)])
def test_contract_models_are_what_scipy_finds(truth: tuple[float, float], seed: int) -> None:
    months = tenures(5000, truth, 36, seed)
    likelihood = contract_likelihood(*months.T.astype(float))
    assert_is_optimum(contract_fit(months), ["alpha", "beta"], likelihood, truth, 5000)


REGULAR = np.array([[631, 369], [468, 163], [382, 86], [326, 56], [289, 37], [262, 27], [241, 21]])
HIGH_END = np.array([[869, 131], [743, 126], [653, 90], [593, 60], [551, 42], [517, 34], [491, 26]])


@pytest.mark.parametrize(
    ("months", "parameters", "height", "projection"),
    [
        (
            HIGH_END,
            (0.66809, 3.80610),
            -1611.158,
            ".851 .747 .670 .610 .562 .522 .489 .460 .436 .414 .395 .378",
        ),
        (
            REGULAR,
            (0.70408, 1.18204),
            -1680.265,
            ".627 .474 .388 .332 .292 .262 .239 .220 .204 .191 .180 .170",
        ),
    ],
    ids=["high end", "regular"],
)
def test_contracts_of_fader_and_hardie_2007(
    months: np.ndarray, parameters: tuple[float, float], height: float, projection: str
) -> None:
    fit = contract_fit(months)
    assert (fit["alpha"], fit["beta"]) == pytest.approx(parameters, abs=6e-6)
    assert fit["log_likelihood"] == pytest.approx(height, abs=6e-4)
    survival, shares = 1.0, []
    for month in range(12):
        survival *= (fit["beta"] + month) / (fit["alpha"] + fit["beta"] + month)
        shares.append(f"{survival:.3f}"[1:])
    assert " ".join(shares) == projection


def no_dropout() -> Histories:
    return in_whole_days(purchases(3000, (1.0, 10.0, 1.0, np.inf), 0, 41))


def nobody_bought_twice() -> Histories:
    return np.zeros(500, np.int64), np.zeros(500), np.arange(500) % 300 + 1.0


def all_identical() -> Histories:
    return np.full(500, 3), np.full(500, 40.0), np.full(500, 200.0)


def repeat_buyers(customers: int) -> Histories:
    count = np.arange(customers) % 3 + 1
    return count, count * 10.0, np.arange(customers) % 50 + 60.0


@pytest.mark.parametrize(
    ("histories", "dropout_reason", "chosen"),
    [
        (no_dropout(), "no_dropout", "nbd"),
        (nobody_bought_twice(), "too_few_repeat_buyers", None),
        (all_identical(), "too_few_histories", None),
        (repeat_buyers(1), "too_few_repeat_buyers", None),
        (repeat_buyers(19), "too_few_repeat_buyers", None),
        (repeat_buyers(0), "nobody_bought", None),
    ],
    ids=["no dropout", "nobody twice", "identical", "one customer", "nineteen", "empty shop"],
)
def test_what_cannot_be_told_is_not_told(
    histories: Histories, dropout_reason: str, chosen: str | None
) -> None:
    wanted = ("int_purchase_models_fitted", "int_purchase_models_chosen")
    rows, [use] = fitted(table(histories), PURCHASE_MODELS, *wanted)
    for row in rows:
        if row["model"] != "nbd":
            assert (row["is_identified"], row["unidentified_reason"]) == (False, dropout_reason)
    assert use["model"] == chosen
    assert (use["r"] is None) == (chosen is None)
    assert use["is_dropout_identified"] is False
    assert use["dropout_unidentified_reason"] == dropout_reason
    assert (use["a"], use["b"]) == (None, None)


@pytest.mark.parametrize(
    ("customers", "amounts", "reason"),
    [
        (500, "equal", "flat_likelihood"),
        (19, "spread", "too_few_repeat_buyers"),
        (0, "spread", "too_few_repeat_buyers"),
    ],
)
def test_amounts_that_tell_nothing(customers: int, amounts: str, reason: str) -> None:
    histories = table(repeat_buyers(customers))
    spread = mean_amounts(np.ones(customers), (6.25, 3.74, 15.44), 51)
    histories["mean_repeat_amount"] = np.full(customers, 25.0) if amounts == "equal" else spread
    [[fit]] = fitted(histories, SPEND_MODELS, "int_spend_models_fitted")
    assert (fit["is_identified"], fit["p"]) == (False, None)
    assert fit["unidentified_reason"] in {reason, "not_converged"}
    assert (fit["unidentified_reason"] == "too_few_repeat_buyers") == (customers < 20)


@pytest.mark.parametrize(
    ("months", "reason"),
    [
        (np.zeros((0, 2)), "nobody_subscribed"),
        (np.array([[100, 19], [50, 0]]), "too_few_lost"),
        (np.array([[100, 50]]), "flat_likelihood"),
    ],
)
def test_contracts_that_tell_nothing(months: np.ndarray, reason: str) -> None:
    fit = contract_fit(months)
    assert (fit["is_identified"], fit["alpha"], fit["beta"]) == (False, None, None)
    assert fit["unidentified_reason"] == reason


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "truth", "seed"),
    [
        ("bgnbd", (0.8, 12.0, 0.8, 2.4), 61),
        ("mbgnbd", (0.8, 12.0, 0.8, 2.4), 62),
    ],
)
def test_a_million_customers_tell_the_truth(
    name: str, truth: tuple[float, float, float, float], seed: int
) -> None:
    histories = purchases(1_000_000, truth, OFFSETS[name], seed)
    fit = purchase_fits(histories)[name]
    assert fit["is_identified"]
    assert [fit[parameter] for parameter in ("r", "alpha", "a", "b")] == pytest.approx(
        truth, rel=0.03
    )


@pytest.mark.slow
def test_a_million_customers_tell_what_they_spend() -> None:
    truth = (6.25, 3.74, 15.44)
    count = np.arange(1_000_000) % 5 + 1
    histories = table((count, count * 1.0, count * 2.0))
    histories["mean_repeat_amount"] = mean_amounts(count, truth, 63)
    [[fit]] = fitted(histories, SPEND_MODELS, "int_spend_models_fitted")
    assert [fit[parameter] for parameter in "pqv"] == pytest.approx(truth, rel=0.03)


@pytest.mark.slow
def test_a_million_subscriptions_tell_how_they_are_kept() -> None:
    truth = (0.9, 6.0)
    fit = contract_fit(tenures(1_000_000, truth, 36, 64))
    assert (fit["alpha"], fit["beta"]) == pytest.approx(truth, rel=0.03)
