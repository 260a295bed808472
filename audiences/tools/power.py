"""Whether an experiment has people enough to show the effect its goal names."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import ceil, sqrt
from pathlib import Path
from statistics import NormalDist

from audiences.language.columns import Finding
from audiences.spec import Definition, Experiment, Goal
from audiences.warehouse import has_table, open_warehouse, records

SIGNIFICANCE, POWER = 0.05, 0.8
DAYS = 28
"""The days newcomers are counted over; on the first day of a phase everybody is one, so it is left out."""


@dataclass(frozen=True)
class TakingPart:
    """People in a phase of an experiment so far, and how many newcomers a day has brought."""

    people: int
    a_day: float


def people_needed(control_rate: float, rate: float, ratio: float = 1) -> int:
    """People the control needs for a two-sided test of two proportions.

    Args:
        control_rate: The rate without the message.
        rate: The rate with it; another one.
        ratio: People in the arm for each one in the control.
    """
    pooled = (control_rate + ratio * rate) / (1 + ratio)
    apart = NormalDist().inv_cdf(1 - SIGNIFICANCE / 2) * sqrt((1 + 1 / ratio) * _variance(pooled))
    both = sqrt(_variance(control_rate) + _variance(rate) / ratio)
    return ceil(((apart + NormalDist().inv_cdf(POWER) * both) / (rate - control_rate)) ** 2)


def people_to_take_part(goal: Goal, experiment: Experiment) -> int | None:
    """People an experiment needs in all its arms together; none where the goal names no effect."""
    if goal.baseline is None or goal.target is None or not 0 < goal.baseline < 1:
        return None
    if goal.baseline == goal.target or not 0 < goal.target < 1 or len(experiment.arms) < 2:
        return None
    ordered = sorted(experiment.arms.values(), key=lambda arm: (arm.delivers, arm.slots))
    control, *others = [arm.slots[1] - arm.slots[0] + 1 for arm in ordered]
    everybody = control + sum(others)
    ratio = min(others) / control
    return ceil(people_needed(goal.baseline, goal.target, ratio) * everybody / control)


def check_power(
    definitions: Iterable[Definition], warehouse: Path
) -> Iterator[tuple[str, Finding]]:
    """Experiments that are too small yet, each with how many people or days it takes; a warning.

    Args:
        definitions: Sound definitions.
        warehouse: The warehouse; without one nothing is known of their size.
    """
    counted = _taking_part(warehouse)
    for one in definitions:
        goal, experiment = one.goal, one.experiment
        if goal is None or experiment is None:
            continue
        needed = people_to_take_part(goal, experiment)
        part = counted.get((experiment.key, experiment.phase))
        if needed is None or part is None or part.people >= needed:
            continue
        rule = (
            f"{part.people:,} people take part, and {needed:,} are needed"
            f" to see {goal.baseline:.1%} become {goal.target:.1%}"
        )
        yield one.audience, ("AUD208", ("experiment",), rule, _mend(part, needed))


def _mend(part: TakingPart, needed: int) -> str:
    more = "widen the audience, make the arms more alike in size, or aim for a larger effect"
    if not part.a_day:
        return more
    days = ceil((needed - part.people) / part.a_day)
    return f"wait {days:,} days at {part.a_day:,.1f} newcomers a day, or {more}"


def _taking_part(warehouse: Path) -> dict[tuple[str, int], TakingPart]:
    if not warehouse.is_file():
        return {}
    with open_warehouse(warehouse) as connection:
        if not has_table(connection, "audiences", "audience_assignments"):
            return {}
        return {
            (row["experiment"], row["phase"]): TakingPart(
                row["people"], row["recent"] / row["days"] if row["days"] else 0
            )
            for row in records(connection, TAKING_PART)
        }


TAKING_PART = f"""
    with days as (
        select
            *, cast(assigned_at as date) as assigned_on,
            min(cast(assigned_at as date)) over (partition by experiment, phase) as first_day,
            (select max(as_of_date) from activation.customer_traits) as as_of_date
        from audiences.audience_assignments where arm is not null
    )
    select
        experiment, phase, count(*) as people,
        count(*) filter (where assigned_on > greatest(first_day, as_of_date - {DAYS})) as recent,
        least({DAYS}, as_of_date - first_day) as days
    from days group by experiment, phase, first_day, as_of_date
"""


def _variance(rate: float) -> float:
    return rate * (1 - rate)
