"""The gamma family in SQL against 40-digit arithmetic, as DuckDB spells it and as the series elsewhere."""

from collections.abc import Callable

import duckdb
import mpmath
import pytest

from tests.statistics.sql import render

mpmath.mp.dps = 40

# Both ends of the range, the zeros of log-gamma, the zero of digamma, and the places around the shift of the series.
SMALL = [1e-5, 3e-4, 0.0123, 0.2426, 0.5, 0.793, 0.999999, 1.0, 1.000001, 1.25, 1.4616321449683623]
LARGE = [2.0, 2.425754, 3.0, 4.41353, 7.5, 9.99, 10.0, 10.01, 57.3, 171.7, 3000.0, 12345.678, 1e6]
ARGUMENTS = SMALL + LARGE
DIALECTS = ["duckdb", "spark", "postgres"]


def values(
    expression: str, dialect: str, columns: str, rows: list[tuple[float, ...]]
) -> list[float]:
    listed = ", ".join("(" + ", ".join(f"{value!r}::double" for value in row) + ")" for row in rows)
    sql = f"select {render(expression, dialect=dialect)} from (values {listed}) as t({columns})"
    return [value for (value,) in duckdb.sql(sql).fetchall()]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("expression", "reference", "tolerance"),
    [
        ("{{ log_gamma('x') }}", mpmath.loggamma, 1e-13),
        ("{{ digamma('x') }}", mpmath.digamma, 1e-13),
        ("{{ trigamma('x') }}", lambda x: mpmath.polygamma(1, x), 1e-13),
    ],
    ids=["log_gamma", "digamma", "trigamma"],
)
def test_agrees_with_forty_digits(
    dialect: str, expression: str, reference: Callable[[float], mpmath.mpf], tolerance: float
) -> None:
    found = values(expression, dialect, "x", [(x,) for x in ARGUMENTS])
    for x, value in zip(ARGUMENTS, found, strict=True):
        assert value == pytest.approx(float(reference(x)), rel=tolerance, abs=tolerance), x


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_series_keeps_its_digits_over_the_whole_range(dialect: str) -> None:
    grid = [10 ** (-5 + 11 * i / 2000) for i in range(2001)]
    found = values("{{ log_gamma('x') }}", dialect, "x", [(x,) for x in grid])
    worst = max(
        abs(value - reference) / max(1, abs(reference))
        for value, reference in zip(found, [float(mpmath.loggamma(x)) for x in grid], strict=True)
    )
    assert worst < 1e-13


@pytest.mark.parametrize("dialect", DIALECTS)
def test_log_beta_agrees_with_forty_digits(dialect: str) -> None:
    pairs = [(a, b) for a in ARGUMENTS for b in ARGUMENTS if max(a, b) <= 1e4]
    found = values("{{ log_beta('a', 'b') }}", dialect, "a, b", pairs)
    for (a, b), value in zip(pairs, found, strict=True):
        reference = float(mpmath.log(mpmath.beta(a, b)))
        assert value == pytest.approx(reference, rel=1e-10, abs=1e-10), (a, b)
