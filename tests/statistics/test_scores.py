"""What purchase models say of a customer, in SQL against 40-digit arithmetic and published values."""

import itertools
from dataclasses import dataclass

import duckdb
import mpmath
import pytest

from tests.statistics.sql import render

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
