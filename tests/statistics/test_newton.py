"""The Newton steps written out in SQL, on problems whose answer is known without them."""

import duckdb
import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit

from tests.statistics.sql import render

LOGIT = """
with

{{ newton(
    data='visits', fits='starts', keys=['origin'], data_keys=['origin'],
    columns=['bought', 'age', 'spend'], parameters=['constant', 'age_slope', 'spend_slope'], is_positive=false,
    layers=[
        {'logit': 'constant + age_slope * age + spend_slope * spend'},
        {'p': '1e0 / (1e0 + exp(greatest(least(-logit, 500e0), -500e0)))'},
        {'v': '-p * (1e0 - p)'},
    ],
    log_likelihood='ln(case when bought > 0 then p else 1e0 - p end)',
    gradient=['bought - p', '(bought - p) * age', '(bought - p) * spend'],
    hessian=[['v', 'v * age', 'v * spend'], ['v * age * age', 'v * age * spend'], ['v * spend * spend']],
) }}

select
    origin, constant, age_slope, spend_slope, constant_error, age_slope_error, spend_slope_error,
    log_likelihood, gradient_norm, iterations, is_converged
from fitted order by origin
"""
POISSON = """
with

{{ newton(
    data='counts', fits='starts', keys=['origin'], data_keys=[], columns=['times'], parameters=['rate'],
    layers=[{'log_rate': 'ln(rate)'}], log_likelihood='times * log_rate - rate', gradient=['times / rate - 1e0'],
    hessian=[['-times / (rate * rate)']],
) }}

select rate, rate_error, iterations, is_converged from fitted order by origin
"""


def visits(origin: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    x = np.column_stack([np.ones(400), random.normal(0, 2, 400), random.exponential(30, 400)])
    y = random.random(400) < expit(x @ [0.3 * origin, -0.8, 0.04])
    return x, y.astype(float)


def fit(sql: str, tables: dict[str, str]) -> list[tuple[float, ...]]:
    with duckdb.connect() as connection:
        for name, query in tables.items():
            connection.execute(f"create table {name} as {query}")
        return connection.execute(render(sql)).fetchall()


def listed(rows: list[tuple[float, ...]], columns: str) -> str:
    values = ", ".join("(" + ", ".join(f"{value!r}::double" for value in row) + ")" for row in rows)
    return f"from (values {values}) as t({columns})"


STARTS = """
    select origin, 0e0 as start_constant, 0e0 as start_age_slope, 0e0 as start_spend_slope
    from (values (1), (2)) as origins(origin)
"""


@pytest.fixture(scope="module")
def logits() -> list[tuple[float, ...]]:
    rows = []
    for origin in (1, 2):
        x, y = visits(origin, seed=origin)
        rows += [(origin, *map(float, row)) for row in np.column_stack([y, x[:, 1:]])]
    return fit(LOGIT, {"visits": listed(rows, "origin, bought, age, spend"), "starts": STARTS})


@pytest.mark.parametrize("origin", [1, 2])
def test_a_logistic_regression_is_what_scipy_finds(
    logits: list[tuple[float, ...]], origin: int
) -> None:
    x, y = visits(origin, seed=origin)
    found = minimize(
        lambda beta: np.logaddexp(0, x @ beta).sum() - y @ x @ beta,
        np.zeros(3),
        jac=lambda beta: x.T @ (expit(x @ beta) - y),
        method="BFGS",
        options={"gtol": 1e-9},
    )
    p = expit(x @ found.x)
    errors = np.sqrt(np.diag(np.linalg.inv((x.T * (p * (1 - p))) @ x)))
    row = logits[origin - 1]
    assert row[1:4] == pytest.approx(found.x, rel=1e-7)
    assert row[4:7] == pytest.approx(errors, rel=1e-6)
    assert row[7] == pytest.approx(-found.fun, abs=1e-4)
    assert row[8] / len(y) < 1e-6
    assert row[10] is True


def test_data_that_a_line_separates_have_no_parameters() -> None:
    rows = [(1, bought, age, age * age) for bought, age in ((0, -2), (0, -1), (1, 1), (1, 2))]
    tables = {
        "visits": listed(rows, "origin, bought, age, spend"),
        "starts": f"{STARTS} where origin = 1",
    }
    [separated] = fit(LOGIT, tables)
    assert separated[1:7] == (None,) * 6


@pytest.mark.parametrize("start", [1e-3, 0.01, 2.5, 40.0, 1e4])
def test_a_start_far_away_is_walked_back_from(start: float) -> None:
    tables = {
        "counts": listed([(2.0,), (3.0,), (2.5,)], "times"),
        "starts": f"select 1 as origin, {start!r}::double as start_rate",
    }
    [(rate, error, iterations, is_converged)] = fit(POISSON, tables)
    assert is_converged
    assert rate == pytest.approx(2.5, rel=1e-7)
    assert error == pytest.approx((2.5 / 3) ** 0.5, rel=1e-7)
    assert iterations <= 14
