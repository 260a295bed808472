"""Normal, chi-square and Student's t in SQL against published values, 40-digit arithmetic and scipy, in both tails."""

from collections.abc import Sequence

import duckdb
import mpmath
import numpy as np
import pytest
from scipy import stats

from tests.statistics.sql import render

mpmath.mp.dps = 40
DIALECTS = ["duckdb", "spark", "postgres"]


def values(
    expression: str, columns: str, rows: Sequence[tuple[float, ...]], dialect: str = "duckdb"
) -> list[float]:
    """The expression on every row; whole numbers go in as bigint, all else as double."""

    def literal(value: float) -> str:
        return f"{value}::bigint" if isinstance(value, int) else f"{float(value)!r}::double"

    listed = ", ".join("(" + ", ".join(map(literal, row)) + ")" for row in rows)
    sql = f"select {render(expression, dialect=dialect)} from (values {listed}) as t({columns})"
    return [value for (value,) in duckdb.sql(sql).fetchall()]


# Around every border of the three approximations, both signs, out to where double precision ends.
DEVIATES = sorted(
    sign * x
    for x in [*np.linspace(0, 37.4, 375), 1e-9, 0.674, 0.67448975, 0.675, 5.65, 5.657, 5.66]
    for sign in (-1.0, 1.0)
)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_normal_cdf_keeps_its_digits_in_both_tails(dialect: str) -> None:
    lower = values("{{ normal_cdf('x') }}", "x", [(x,) for x in DEVIATES], dialect)
    upper = values("{{ normal_tail('x') }}", "x", [(x,) for x in DEVIATES if x >= 0], dialect)
    expected = [mpmath.ncdf(x) for x in DEVIATES]
    assert max(abs(a - b) / b for a, b in zip(lower, expected, strict=True)) < 2e-13
    expected = [mpmath.ncdf(-x) for x in DEVIATES if x >= 0]
    assert max(abs(a - b) / b for a, b in zip(upper, expected, strict=True)) < 2e-13


def test_normal_cdf_beyond_the_range_of_double_precision() -> None:
    assert values("{{ normal_cdf('x') }}", "x", [(-1e3,), (-38.0,), (38.0,), (1e3,)]) == [
        0,
        0,
        1,
        1,
    ]


def test_normal_cdf_equals_the_printed_table() -> None:
    """Abramowitz & Stegun 1972, table 26.1."""
    printed = {0.0: 0.5, 1.0: 0.841344746068543, 1.96: 0.975002104851780, 3.0: 0.998650101968370}
    found = values("{{ normal_cdf('x') }}", "x", [(x,) for x in printed])
    assert found == pytest.approx(list(printed.values()), abs=1e-15)


def test_two_sided_p_is_both_tails() -> None:
    rows = [(-1.40783,), (1.40783,), (0.0,), (-30.0,)]
    expected = [2 * stats.norm.sf(abs(x)) for (x,) in rows]
    assert values("{{ two_sided_p('x') }}", "x", rows) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_normal_quantile_agrees_with_forty_digits(dialect: str) -> None:
    tails = [10.0**-k for k in (300, 200, 100, 50, 20, 15, 11, 9, 6, 4, 3)]
    shares = [*tails, *np.linspace(0.005, 0.995, 199), 0.0749, 0.0751, 0.9249, 0.9251, 1 - 1e-6]
    found = values("{{ normal_quantile('p') }}", "p", [(p,) for p in shares], dialect)
    for p, x in zip(shares, found, strict=True):
        exact = mpmath.findroot(lambda y, p=p: mpmath.ncdf(y) / mpmath.mpf(p) - 1, x)
        assert x == pytest.approx(float(exact), rel=1e-14, abs=1e-15), p


def test_normal_quantile_equals_the_values_wichura_prints() -> None:
    """Wichura 1988, section "Test data"."""
    printed = {0.25: -0.6744897501960817, 0.001: -3.090232306167814, 1e-20: -9.262340089798408}
    found = values("{{ normal_quantile('p') }}", "p", [(p,) for p in printed])
    assert found == pytest.approx(list(printed.values()), rel=1e-15)


def test_normal_quantile_of_what_is_no_probability_is_null() -> None:
    rows = [(0.0,), (1.0,), (-0.1,), (1.1,)]
    assert values("{{ normal_quantile('p') }}", "p", rows) == [None] * 4


@pytest.mark.parametrize("dialect", DIALECTS)
def test_chi_square_tail_agrees_with_forty_digits(dialect: str) -> None:
    statistics = [1e-9, 0.01, 0.5, 1.0, 3.841, 10.0, 31.0, 100.0, 500.0, 1390.0]
    rows = [(x, k) for x in statistics for k in range(1, 32)]
    found = values("{{ chi_square_tail('x', 'k') }}", "x, k", rows, dialect)
    for (x, k), p in zip(rows, found, strict=True):
        exact = mpmath.gammainc(mpmath.mpf(k) / 2, mpmath.mpf(x) / 2, regularized=True)
        assert p == pytest.approx(float(exact), rel=1e-12), (x, k)


def test_chi_square_tail_of_the_smokers() -> None:
    """The example of R's prop.test: smokers among the patients of four studies."""
    smokers, patients = np.array([83, 90, 129, 70]), np.array([86, 93, 136, 82])
    expected = patients * smokers.sum() / patients.sum()
    statistic = ((smokers - expected) ** 2 / expected).sum()
    statistic += ((smokers - expected) ** 2 / (patients - expected)).sum()
    assert statistic == pytest.approx(12.6004, abs=5e-5)
    [p] = values("{{ chi_square_tail('x', 'k') }}", "x, k", [(statistic, 3)])
    assert p == pytest.approx(0.005585477, abs=5e-10)


def test_chi_square_tail_at_its_borders() -> None:
    rows = [(0.0, 1), (-1.0, 4), (1e6, 2), (1.0, 0), (1.0, 32)]
    found = values("{{ chi_square_tail('x', 'k') }}", "x, k", rows)
    assert found == [1, 1, 0, None, None]


# Degrees of freedom, and the largest error of a two-sided p-value that the macro's description allows there.
T_TAILS = [(5.0, 4e-7), (7.3, 2e-8), (10.0, 2e-9), (20.0, 3e-11), (61.7, 1e-12), (1e3, 1e-15)]


@pytest.mark.parametrize(("degrees", "tolerance"), T_TAILS)
def test_student_t_tail_is_within_what_is_promised(degrees: float, tolerance: float) -> None:
    statistics = np.linspace(-12, 12, 481)
    rows = [(t, degrees) for t in statistics]
    deviates = values("{{ student_t_deviate('t', 'k') }}", "t, k", rows)
    found = np.array(values("{{ two_sided_p('x') }}", "x", [(x,) for x in deviates]))
    assert np.abs(found - 2 * stats.t.sf(np.abs(statistics), degrees)).max() < tolerance
    assert (np.sign(deviates) == np.sign(statistics)).all()


T_QUANTILES = [(5.0, 1e-7), (7.3, 2e-8), (10.0, 1e-8), (20.0, 1e-9), (61.7, 1e-11), (1e6, 1e-15)]


@pytest.mark.parametrize(("degrees", "tolerance"), T_QUANTILES)
def test_student_t_quantile_is_within_what_is_promised(degrees: float, tolerance: float) -> None:
    levels = [0.5, 0.2, 0.1, 0.05]
    rows = [(stats.norm.isf(level / 2), degrees) for level in levels]
    found = values("{{ student_t_statistic('z', 'k') }}", "z, k", rows)
    assert found == pytest.approx([stats.t.isf(p / 2, degrees) for p in levels], rel=tolerance)
    mirrored = values("{{ student_t_statistic('z', 'k') }}", "z, k", [(-z, k) for z, k in rows])
    assert mirrored == [-t for t in found]


def test_student_t_equals_the_printed_table() -> None:
    """Two-sided 5 % points of the usual table, three decimals."""
    printed = {5.0: 2.571, 10.0: 2.228, 20.0: 2.086, 60.0: 2.000, 120.0: 1.980}
    rows = [(1.959963984540054, degrees) for degrees in printed]
    found = values("{{ student_t_statistic('z', 'k') }}", "z, k", rows)
    assert [round(t, 3) for t in found] == list(printed.values())


def test_nothing_in_is_nothing_out() -> None:
    calls = [
        *("normal_cdf('x')", "normal_quantile('x')", "two_sided_p('x')"),
        *("chi_square_tail('x', '3')", "student_t_deviate('x', '9e0')"),
        "student_t_statistic('x', '9e0')",
    ]
    for call in calls:
        expression = render(f"{{{{ {call} }}}}")
        sql = f"select {expression} from (select cast(null as double) as x)"
        assert duckdb.sql(sql).fetchall() == [(None,)], call
