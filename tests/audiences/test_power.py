"""Experiments that are too small for the effect they look for."""

from collections.abc import Callable
from math import sqrt
from pathlib import Path

import duckdb
import pytest
from scipy import stats

from audiences.loader import check_definitions, locate
from audiences.tools.power import check_power, people_needed, people_to_take_part
from tests.audiences.conftest import EXPERIMENT, LANGUAGE, SMALLEST

Write = Callable[..., Path]
AIM = EXPERIMENT.replace("window: 14d", "window: 14d, baseline: 0.05, target: 0.06")


@pytest.mark.parametrize(
    ("control", "rate", "people"),
    [
        (0.02, 0.022, 80_682),
        (0.05, 0.055, 31_234),
        (0.05, 0.06, 8_158),
        (0.10, 0.11, 14_751),
        (0.10, 0.12, 3_841),
    ],
)
def test_people_needed_equal_the_published_sizes(control: float, rate: float, people: int) -> None:
    """5 % significance and 80 % power: what R's power.prop.test gives, rounded up."""
    assert people_needed(control, rate) == people
    assert people_needed(rate, control) == people


def test_a_small_control_needs_more_people_in_all(write: Write) -> None:
    [one], _ = check_definitions(write(SMALLEST + AIM), LANGUAGE)
    assert one.goal is not None
    assert one.experiment is not None
    control = people_needed(0.05, 0.06, ratio=8)
    assert power(control, 8 * control) >= 0.8 > power(control - 1, 8 * (control - 1))
    assert people_to_take_part(one.goal, one.experiment) == control * 9
    assert 2 * people_needed(0.05, 0.06) < control * 9


def power(control: int, arm: int) -> float:
    """The chance that 6 % in an arm is told from 5 % in the control, worked out the other way round."""
    pooled = (0.05 * control + 0.06 * arm) / (control + arm)
    least = stats.norm.isf(0.025) * sqrt(pooled * (1 - pooled) * (1 / control + 1 / arm))
    return float(stats.norm.sf(least, 0.01, sqrt(0.05 * 0.95 / control + 0.06 * 0.94 / arm)))


@pytest.mark.parametrize(
    ("goal", "warned"),
    [
        ("baseline: 0.05, target: 0.06", True),
        ("baseline: 0.05, target: 0.3", False),
        ("baseline: 0.05", False),
        ("baseline: 0.05, target: 0.05", False),
        ("baseline: 0, target: 0.05", False),
    ],
)
def test_too_few_people_are_warned_of(write: Write, goal: str, warned: bool) -> None:
    folder = write(SMALLEST + EXPERIMENT.replace("window: 14d", f"window: 14d, {goal}"))
    definitions, problems = check_definitions(folder, LANGUAGE)
    assert problems == []
    warehouse = folder / "warehouse.duckdb"
    assert list(check_power(definitions, warehouse)) == []
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            """
            create schema activation;
            create schema audiences;
            create table activation.customer_traits as select date '2026-03-10' as as_of_date;
            create table audiences.audience_assignments as
            select 'some_test' as experiment, 1 as phase, 'message' as arm,
                timestamp '2026-03-01' + interval (n % 10) day as assigned_at
            from range(1000) as numbers(n);
            """
        )
    located = locate(folder, check_power(definitions, warehouse))
    assert bool(located) is warned
    if warned:
        assert str(located[0]) == (
            "everybody.yml:10: AUD208 experiment: 1,000 people take part,"
            " and 42,354 are needed to see 5.0% become 6.0%"
        )
        assert located[0].fix.startswith("wait 414 days at 100.0 newcomers a day, or widen")
