"""What purchase models say of a customer, in SQL against 40-digit arithmetic and published values."""

import itertools
import math
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb
import mpmath
import pytest

from tests.statistics.sql import build, render

mpmath.mp.dps = 40


@dataclass(frozen=True)
class Model:
    """A purchase model; `offset` is 0 for BG/NBD and 1 for MBG/NBD."""

    offset: int
    r: float
    alpha: float
    a: float
    b: float

    def alive(self, x: int, t: float, age: float) -> mpmath.mpf:
        """The integral form of P(alive), days in: the chance to have survived every purchase against silence."""
        if x + self.offset == 0:
            return mpmath.mpf(1)
        r, alpha, a, b = map(mpmath.mpf, (self.r, self.alpha, self.a, self.b))
        m = x + self.offset
        alive = mpmath.beta(a, b + m) * (alpha + mpmath.mpf(age) / 7) ** -(r + x)
        gone = mpmath.beta(a + 1, b + m - 1) * (alpha + mpmath.mpf(t) / 7) ** -(r + x)
        return alive / (alive + gone)

    def no_order(self, x: int, t: float, age: float, days: float) -> mpmath.mpf:
        """One minus the chance to be alive and to buy within `days`."""
        start = mpmath.mpf(self.alpha) + mpmath.mpf(age) / 7
        silent = (start / (start + mpmath.mpf(days) / 7)) ** (mpmath.mpf(self.r) + x)
        return 1 - self.alive(x, t, age) * (1 - silent)

    def orders(self, x: int, age: float, days: float) -> mpmath.mpf:
        """Orders expected of an alive customer, with the hypergeometric function as published.

        Fader, Hardie & Lee 2005, eq. 10, and its counterpart with one more chance to drop out. At a = 1
        the formula is 0 / 0; a hair beside it is right to more digits than a double has.
        """
        r, alpha, b = map(mpmath.mpf, (self.r, self.alpha, self.b))
        a = mpmath.mpf(self.a) + (mpmath.mpf(10) ** -25 if self.a == 1 else 0)
        start, weeks = alpha + mpmath.mpf(age) / 7, mpmath.mpf(days) / 7
        second, third = b + x + self.offset, a + b + x + self.offset - 1
        series = mpmath.hyp2f1(r + x, second, third, weeks / (start + weeks), maxterms=10**6)
        return third / (a - 1) * (1 - (start / (start + weeks)) ** (r + x) * series)


CDNOW = {
    "bgnbd": Model(0, 0.24259, 4.41353, 0.79289, 2.42575),
    "mbgnbd": Model(1, 0.52475, 6.18316, 0.89137, 1.61378),
}
SHAPES = [1e-5, 0.793, 1.0, 1.0 + 1e-9, 2.5]
GRID = [
    Model(offset, 0.243, 4.414, a, b) for offset in (0, 1) for a in SHAPES for b in (0.4, 2.426)
]
HISTORIES = [
    (0, 0, 0),
    (0, 0, 3650),
    (1, 1, 1),
    (1, 10, 3000),
    (2, 213, 272),
    (40, 100, 3000),
    (3000, 3000, 3000),
    (3000, 3000, 3650),
    (3000, 3, 9000),
]


def ask(expression: str, models: list[Model], histories: list[tuple[float, ...]]) -> list[float]:
    """The expression for each model and history, in their order."""
    rows = ", ".join(
        f"({i}, {x}, {t!r}, {age!r}, {m.offset}, {m.r!r}e0, {m.alpha!r}e0, {m.a:.17e}, {m.b!r}e0)"
        for i, (m, (x, t, age)) in enumerate(itertools.product(models, histories))
    )
    names = "i, repeat_count, days_to_last_purchase, age_days, dropout_offset, r, alpha, a, b"
    sql = (
        f"with c as (select *, true as is_dropout_identified from (values {rows}) as v({names}))"
        f" select {render(expression)} from c order by i"
    )
    return [value for (value,) in duckdb.sql(sql).fetchall()]


def test_probability_alive_agrees_with_forty_digits() -> None:
    found = ask("{{ probability_alive('c', 'c') }}", GRID, HISTORIES)
    for (m, (x, t, age)), value in zip(itertools.product(GRID, HISTORIES), found, strict=True):
        assert value == pytest.approx(float(m.alive(x, t, age)), rel=1e-11, abs=1e-300), (
            m,
            x,
            t,
            age,
        )
        assert 0 <= value <= 1


def test_probability_of_no_order_agrees_with_forty_digits() -> None:
    found = ask("{{ probability_of_no_order('c', 'c', 90) }}", GRID, HISTORIES)
    for (m, (x, t, age)), value in zip(itertools.product(GRID, HISTORIES), found, strict=True):
        assert value == pytest.approx(float(m.no_order(x, t, age, 90)), rel=1e-9, abs=1e-14), (
            m,
            x,
            t,
            age,
        )
        assert 0 <= value <= 1


@pytest.mark.parametrize(("name", "published"), [("bgnbd", 0.72661), ("mbgnbd", 0.70613)])
def test_probability_alive_of_the_published_customer(name: str, published: float) -> None:
    """Two repeats, the last in week 30.43 of 38.86 (Fader, Hardie & Lee 2005)."""
    [value] = ask("{{ probability_alive('c', 'c') }}", [CDNOW[name]], [(2, 30.43 * 7, 38.86 * 7)])
    assert value == pytest.approx(published, abs=5e-6 if name == "bgnbd" else 5e-5)


def test_without_identified_dropout_nobody_is_called_alive() -> None:
    columns = "3 as repeat_count, 30 as days_to_last_purchase, 60 as age_days, 0.5::double as r, 7::double as alpha"
    nothing = "null::double as a, null::double as b, null::bigint as dropout_offset"
    sql = f"with c as (select {columns}, {nothing}, false as is_dropout_identified) select %s, %s from c"
    alive, no_order = (
        render(text)
        for text in (
            "{{ probability_alive('c', 'c') }}",
            "{{ probability_of_no_order('c', 'c', 90) }}",
        )
    )
    start = 7 + 60 / 7
    assert duckdb.sql(sql % (alive, no_order)).fetchall() == [
        (None, pytest.approx((start / (start + 90 / 7)) ** 3.5, rel=1e-14))
    ]
    no_model = sql.replace("0.5::double as r", "null::double as r")
    assert duckdb.sql(no_model % (alive, no_order)).fetchall() == [(None, None)]


def expectations(
    models: list[Model | None], cases: list[tuple[int, int]], horizons: list[int], threads: int = 2
) -> dict[tuple[int, int, int, int], tuple[float, bool]]:
    """(model, x, age, horizon) -> orders and whether the series was long enough, each model on a day of its own.

    None stands for a model whose dropout is not identified: NBD with r 0.243 and alpha 4.414.
    """
    db = duckdb.connect(config={"threads": threads})
    db.execute(
        "create table int_purchase_models_chosen (origin_on date, dropout_offset bigint,"
        " r double, alpha double, a double, b double, is_dropout_identified boolean)"
    )
    first = date(2020, 1, 1)
    for day, m in enumerate(models):
        values = (m.offset, m.r, m.alpha, m.a, m.b) if m else (1, 0.243, 4.414, None, None)
        db.execute(
            "insert into int_purchase_models_chosen values (?, ?, ?, ?, ?, ?, ?)",
            [first + timedelta(day), *values, m is not None],
        )
    lists = [f"({', '.join(map(str, case))})" for case in cases]
    db.execute(
        "create table int_purchase_histories_summed as select origin_on, x as repeat_count, age as age_days"
        f" from int_purchase_models_chosen, (values {', '.join(lists)}) as c(x, age)"
    )
    db.execute(
        "create table int_forecast_horizons_listed as select origin_on, h as horizon_days"
        f" from int_purchase_models_chosen, (values {', '.join(f'({h})' for h in horizons)}) as c(h)"
    )
    build(db, "int_order_expectations_summed")
    found = db.execute("from int_order_expectations_summed").fetchall()
    return {((day - first).days, *key): (orders, enough) for day, *key, orders, enough in found}


CASES = [(x, age) for x, _, age in HISTORIES] + [(1, 0), (1, 7), (7, 30), (300, 400)]
HORIZONS = [7, 30, 365, 3650]
# A series that ends by itself (d = -2), slow dropout at fast rates, and a and b so large that its terms grow first.
ODD_SHAPES = [
    Model(0, 5.0, 4.0, 1.5, 2.5),
    Model(1, 20.0, 2.0, 0.5, 1.5),
    Model(0, 3.0, 1.0, 0.001, 0.01),
    Model(1, 1.5, 30.0, 50.0, 100.0),
]


def test_expected_orders_agree_with_forty_digits() -> None:
    models = [*GRID, *ODD_SHAPES]
    found = expectations(models, CASES, HORIZONS)
    assert len(found) == len(models) * len(set(CASES)) * len(HORIZONS)
    for (day, x, age, days), (orders, enough) in found.items():
        reference = float(models[day].orders(x, age, days))
        assert orders == pytest.approx(reference, rel=1e-9), (models[day], x, age, days)
        assert enough


def test_expected_orders_grow_with_the_horizon_and_stay_finite() -> None:
    horizons = [1, 30, 31, 365, 366, 3649, 3650]
    found = expectations([*GRID, *ODD_SHAPES], CASES, horizons)
    for day, x, age in {key[:3] for key in found}:
        orders = [found[day, x, age, days][0] for days in horizons]
        assert all(0 < value < math.inf for value in orders)
        assert all(b > a * (1 - 1e-13) for a, b in itertools.pairwise(orders)), (day, x, age)


def test_too_few_terms_are_said_to_be() -> None:
    """A first purchase today where people buy by the hour: for ten years 80,000 terms are not enough."""
    [(_, enough)] = expectations([Model(1, 0.05, 0.01, 0.3, 0.2)], [(0, 0)], [3650]).values()
    assert not enough


def test_without_dropout_orders_grow_in_proportion() -> None:
    found = expectations([None], [(3, 70)], [7, 70])
    rate = 3.243 / 14.414
    assert found[0, 3, 70, 7] == (pytest.approx(rate, rel=1e-14), True)
    assert found[0, 3, 70, 70] == (pytest.approx(10 * rate, rel=1e-14), True)


@pytest.mark.parametrize(("name", "published"), [("bgnbd", 1.22591), ("mbgnbd", 1.26267)])
def test_orders_expected_of_the_published_customer(name: str, published: float) -> None:
    """Two repeats, the last in week 30.43 of 38.86: orders of the next 39 weeks, to whole days here."""
    m = CDNOW[name]
    [(orders, _)] = expectations([m], [(2, 272)], [273]).values()
    alive = float(m.alive(2, 213, 272))
    assert orders * alive == pytest.approx(published, rel=1e-3)


def test_the_same_digits_on_any_number_of_threads() -> None:
    cases = [(x, 7 * age) for x in range(40) for age in range(100)]
    once = expectations(GRID[:3], cases, [30, 365], threads=1)
    assert once == expectations(GRID[:3], cases, [30, 365], threads=4)
