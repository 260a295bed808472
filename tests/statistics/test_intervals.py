"""Wilson, Newcombe and the adjusted Wald interval of an NPS against published values and plain arithmetic."""

import math
from itertools import product

import numpy as np
import pytest
from scipy import stats

from tests.statistics.test_distributions import values

Z = "1.959963984540054e0"


def wilson(rows: list[tuple[int, int]]) -> list[tuple[float, float]]:
    low = values(f"{{{{ wilson_low('k', 'n', '{Z}') }}}}", "k, n", rows)
    high = values(f"{{{{ wilson_high('k', 'n', '{Z}') }}}}", "k, n", rows)
    return list(zip(low, high, strict=True))


def newcombe(arm: tuple[int, int], other: tuple[int, int]) -> tuple[float, float]:
    (low, high), (other_low, other_high) = wilson([arm, other])
    row = (arm[0] / arm[1], low, high, other[0] / other[1], other_low, other_high)
    columns = "p, p_low, p_high, q, q_low, q_high"
    [lower] = values("{{ newcombe_low('p', 'p_low', 'q', 'q_high') }}", columns, [row])
    [upper] = values("{{ newcombe_high('p', 'p_high', 'q', 'q_low') }}", columns, [row])
    return lower, upper


def test_wilson_equals_the_published_interval() -> None:
    [(low, high)] = wilson([(5, 83)])
    assert (round(low, 6), round(high, 6)) == (0.026003, 0.133384)


def test_wilson_equals_scipy_everywhere() -> None:
    trials = [1, 2, 10, 83, 1000, 10_000_000]
    rows = [(k, n) for n in trials for k in sorted({0, 1, n // 10, n // 2, n - 1, n}) if k <= n]
    for (k, n), (low, high) in zip(rows, wilson(rows), strict=True):
        reference = stats.binomtest(k, n).proportion_ci(method="wilson")
        assert low == pytest.approx(float(reference.low), rel=1e-9, abs=1e-12), (k, n)
        assert high == pytest.approx(float(reference.high), rel=1e-12), (k, n)
        assert 0 <= low <= k / n <= high <= 1
    assert [low for (k, _), (low, _) in zip(rows, wilson(rows), strict=True) if k == 0] == [0] * 6


def test_wilson_without_trials_is_null() -> None:
    assert wilson([(0, 0)]) == [(None, None)]


# Newcombe 1998 (Statistics in Medicine 17), table II, method 10.
NEWCOMBE_TABLE = [
    ((56, 70), (48, 80), 0.0524, 0.3339),
    ((9, 10), (3, 10), 0.1705, 0.8090),
    ((6, 7), (2, 7), 0.0582, 0.8062),
    ((5, 56), (0, 29), -0.0381, 0.1926),
    ((0, 10), (0, 20), -0.1611, 0.2775),
    ((0, 10), (0, 10), -0.2775, 0.2775),
    ((10, 10), (0, 20), 0.6791, 1.0),
    ((10, 10), (0, 10), 0.6075, 1.0),
]


@pytest.mark.parametrize(("arm", "other", "low", "high"), NEWCOMBE_TABLE)
def test_newcombe_equals_the_published_table(
    arm: tuple[int, int], other: tuple[int, int], low: float, high: float
) -> None:
    found = newcombe(arm, other)
    assert (round(found[0], 4), round(found[1], 4)) == (low, high)


def test_newcombe_equals_the_formula_of_the_paper() -> None:
    z = float(stats.norm.ppf(0.975))

    def bounds(k: int, n: int) -> tuple[float, float]:
        root = z * math.sqrt(z * z + 4 * k * (1 - k / n))
        return (2 * k + z * z - root) / (2 * (n + z * z)), (2 * k + z * z + root) / (
            2 * (n + z * z)
        )

    for (a, m), (b, n) in product([(3, 50), (41, 200), (1999, 2000)], [(2, 40), (50, 100)]):
        (low, high), (other_low, other_high) = bounds(a, m), bounds(b, n)
        p, q = a / m, b / n
        expected = (
            p - q - math.hypot(p - low, other_high - q),
            p - q + math.hypot(high - p, q - other_low),
        )
        assert newcombe((a, m), (b, n)) == pytest.approx(expected, abs=1e-12)


def nps(rows: list[tuple[int, int, int]]) -> list[tuple[float, float]]:
    low = values(f"{{{{ nps_low('p', 'd', 'n', '{Z}') }}}}", "p, d, n", rows)
    high = values(f"{{{{ nps_high('p', 'd', 'n', '{Z}') }}}}", "p, d, n", rows)
    return list(zip(low, high, strict=True))


def test_nps_equals_the_published_intervals() -> None:
    [(low, high), (ten_low, ten_high)] = nps([(60, 10, 100), (7, 1, 10)])
    assert (round(low, 3), round(high, 3)) == (35.467, 61.621)
    assert (round(ten_low, 2), round(ten_high, 2)) == (7.04, 85.27)


def test_nps_stays_on_its_scale() -> None:
    for low, high in nps([(9, 0, 9), (0, 9, 9), (1, 0, 1), (0, 0, 1), (0, 0, 0)]):
        assert -100 <= low < high <= 100


def exact_coverage(n: int) -> dict[tuple[float, float], float]:
    """Of a nominal 95 % interval from n answers, by shares of promoters and detractors with passives beside them.

    Nothing is simulated: every outcome is weighed by its probability.
    """
    outcomes = np.array([(p, d, n - p - d) for p in range(n + 1) for d in range(n + 1 - p)])
    bounds = np.array(nps([(int(p), int(d), n) for p, d, _ in outcomes]))
    steps = [step / 20 for step in range(1, 20)]
    return {
        (p, d): float(
            stats.multinomial.pmf(
                outcomes[
                    (bounds[:, 0] <= 100 * (p - d) + 1e-9) & (100 * (p - d) - 1e-9 <= bounds[:, 1])
                ],
                n,
                [p, d, 1 - p - d],
            ).sum()
        )
        for p in steps
        for d in steps
        if p + d < 0.951
    }


@pytest.mark.parametrize("answers", [10, 11, 15, 20, 50])
def test_nps_interval_holds_the_truth_from_ten_answers(answers: int) -> None:
    """On average over all shares; where few answers can hardly vary it is .924, as with any interval for counts."""
    coverage = exact_coverage(answers)
    assert np.mean(list(coverage.values())) >= 0.95
    assert min(coverage.values()) >= 0.92
    for shares in [(0.6, 0.1), (0.5, 0.2), (0.7, 0.1)]:
        assert coverage[shares] >= 0.94, shares
