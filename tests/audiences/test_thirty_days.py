"""What holds of any thirty days, told from the ledgers by plain Python that knows nothing of the models."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.audiences.dbt_sql import House
from tests.audiences.thirty_days import DAYS, DEFINITIONS, Plan, define, ledgers, make_plan, run

ONE = timedelta(days=1)
STEPS = {"cart_second": ("cart_first", 2), "cart_third": ("cart_second", 1)}
CART = ("cart_first", *STEPS)
PROMO = ("urgent", "gold", "silver")
REENTRY = {"cart_first": 6, "gold": 3}
MAX_ENTRIES = {"cart_first": 3, "silver": 4}
DWELL = {"gold": 2, "urgent": 3}
MAX_STAY = {"cart_first": 2, "cart_second": 1, "cart_third": 3, "gold": 5, "silver": 4}
CAPACITY = {"gold": 3, "watched": 4}
RANKS = {"urgent": 10, "gold": 20, "silver": 30}
EXPERIMENTS = {**dict.fromkeys(CART, "cart_test"), "gold": "gold_test"}


class Stay(NamedTuple):
    """One row of the memberships."""

    audience: str
    who: str
    seq: int
    entered: date
    exited: date | None
    reason: str | None
    arm: str | None
    delivered: bool

    def lasts_after(self, day: date) -> bool:
        """Whether the person is in the audience at the end of a day."""
        return self.entered <= day and (self.exited is None or self.exited > day)


class Seen(NamedTuple):
    """What the runs left: memberships at the end, and the day's dispositions."""

    plan: Plan
    stays: list[Stay]
    dispositions: dict[tuple[date, str], dict[str, str]]


def read_stays(house: House) -> list[Stay]:
    return [
        Stay(*row)
        for row in house.rows(
            """
            select audience, customer_id, entry_seq, cast(entered_at as date), cast(exited_at as date),
                exit_reason, arm, is_delivered
            from audiences.audience_memberships order by all
            """
        )
    ]


def live_through(house: House, plan: Plan) -> Seen:
    """Run all days and check what holds on each."""
    dispositions = {}
    arms: dict[object, object] = {}
    for day in plan.run_days:
        run(house, plan, day)
        for audience in DEFINITIONS:
            found = house.rows(
                "select customer_id, disposition from audiences.audience_dispositions"
                f" where audience = '{audience}'"
            )
            assert len(found) == len({who for who, _ in found})
            dispositions[day, audience] = {str(who): str(what) for who, what in found}
            assert dispositions[day, audience].keys() == plan.matches(audience, day)
        for key in house.rows(
            "select experiment, phase, customer_id, arm from audiences.audience_assignments"
        ):
            assert arms.setdefault(key[:3], key[3]) == key[3]
        check_delivery(house, plan.refused[day])
    return Seen(plan, read_stays(house), dispositions)


def check_delivery(house: House, refused: Collection[str]) -> None:
    """The table of an audience holds its delivered members, and nobody who is withheld or refused since."""
    inside = {(stay.audience, stay.who): stay for stay in read_stays(house) if not stay.exited}
    for audience in DEFINITIONS:
        delivered = {who for (who,) in house.rows(f"select customer_id from audiences.{audience}")}
        there = {who for (who,) in house.rows("select customer_id from activation.customer_traits")}
        barred = refused if "contact: none" not in DEFINITIONS[audience][1] else ()
        assert delivered == {
            who
            for (name, who), stay in inside.items()
            if name == audience and stay.delivered and who in there and who not in barred
        }


def by_person(seen: Seen) -> Iterator[list[Stay]]:
    """The stays of each person in each audience, in order."""
    grouped: dict[tuple[str, str], list[Stay]] = defaultdict(list)
    for stay in seen.stays:
        grouped[stay.audience, stay.who].append(stay)
    yield from grouped.values()


def check_entries(seen: Seen) -> None:
    """Re-entry, the number of entries and dwell; nobody enters or leaves on a day without a run or on a held one."""
    for stays in by_person(seen):
        audience = stays[0].audience
        assert [stay.seq for stay in stays] == list(range(1, len(stays) + 1))
        assert len(stays) <= MAX_ENTRIES.get(audience, 99)
        for before, after in pairwise(stays):
            assert before.exited is not None
            assert (after.entered - before.exited).days >= REENTRY.get(audience, 1)
    for stay in seen.stays:
        for moved in filter(None, (stay.entered, stay.exited)):
            assert seen.plan.verdicts[moved][stay.audience] == "pass"
        runs = [day for day in seen.plan.run_days if day <= stay.entered]
        for day in runs[-DWELL.get(stay.audience, 1) :]:
            assert stay.who in seen.plan.matches(stay.audience, day)
        assert len(runs) >= DWELL.get(stay.audience, 1)


def check_stays(seen: Seen) -> None:
    """Nobody stays longer than allowed while the audience is decided, and nobody leaves early for it."""
    for stay in seen.stays:
        longest = MAX_STAY.get(stay.audience)
        if longest is None:
            assert stay.reason != "max_stay"
            continue
        over = stay.entered + longest * ONE
        if stay.reason == "max_stay":
            assert stay.exited is not None
            assert stay.exited >= over
        for day, verdicts in seen.plan.verdicts.items():
            if day >= over and verdicts[stay.audience] == "pass":
                assert not stay.lasts_after(day)


def check_rooms(seen: Seen) -> None:
    """Capacity, one step of the programme, one audience of the group."""
    for day in seen.plan.run_days:
        inside = [stay for stay in seen.stays if stay.lasts_after(day)]
        for audience, places in CAPACITY.items():
            assert sum(stay.audience == audience for stay in inside) <= places
        for group in (CART, PROMO):
            people = [stay.who for stay in inside if stay.audience in group]
            assert len(people) == len(set(people)), (day, group)


def check_steps(seen: Seen) -> None:
    """A step is entered once a journey, after the wait, and by nobody who reached the goal."""
    for stay in seen.stays:
        if stay.audience not in CART:
            continue
        own = [each for each in seen.stays if each.who == stay.who and each.entered < stay.entered]
        if stay.audience in STEPS:
            before, wait = STEPS[stay.audience]
            came = max(each.entered for each in own if each.audience == before)
            assert (stay.entered - came).days >= wait
            assert all(each.entered < came for each in own if each.audience == stay.audience)
        began = max(each.entered for each in (*own, stay) if each.audience == "cart_first")
        bought = [at for who, at in seen.plan.orders if who == stay.who and at.date() > began]
        assert not any(at.date() <= stay.entered for at in bought)
        for at in bought:
            for day, verdicts in seen.plan.verdicts.items():
                if day >= at.date() and verdicts[stay.audience] == "pass":
                    assert not stay.lasts_after(day)


def check_caps(seen: Seen) -> None:
    """Who enters a capped audience today is not over its cap on the day it goes out."""
    for stay in seen.stays:
        if stay.audience not in ("cart_second", "gold", "silver"):
            continue
        send_day = stay.entered + ONE
        others = [
            each
            for each in seen.stays
            if each.who == stay.who and each.delivered and each.audience != "watched"
        ]
        sent = [
            (each.entered + ONE, each.audience) for each in others if each.entered < stay.entered
        ]
        place = (RANKS.get(stay.audience, 99), stay.audience)
        before = [
            (send_day, each.audience)
            for each in others
            if each.entered == stay.entered
            and (RANKS.get(each.audience, 99), each.audience) < place
        ]
        counted = [*sent, *before]
        if stay.audience == "cart_second":
            since = send_day - 4 * ONE
            assert sum(on >= since and name in CART for on, name in counted) < 2
        else:
            local = local_days(seen.plan, stay.who, stay.entered)
            assert not any(on == send_day for on, _ in counted)
            assert send_day not in local
        if stay.audience == "silver":
            assert not any(on >= send_day - 2 * ONE and name == "silver" for on, name in sent)


def local_days(plan: Plan, who: str, known: date) -> set[date]:
    """The days, where the person is, of the messages known on a day."""
    hours = {"Asia/Tokyo": 9, "America/New_York": -5}  # summer time begins on 8 March
    zone = str(plan.people[known][who][9])
    found = set()
    for name, at in plan.messages:
        if name == who and at.date() <= known:
            summer = zone == "America/New_York" and at >= datetime(2026, 3, 8, 7)
            found.add((at + timedelta(hours=hours.get(zone, 0) + summer)).date())
    return found


def check_arms(seen: Seen) -> None:
    """The arm decides who is delivered; the people in the global holdout are withheld where it is respected."""
    withheld = {stay.who for stay in seen.stays if stay.arm == "global_holdout"}
    for stay in seen.stays:
        assert stay.delivered == (
            stay.arm == "message" or (stay.arm is None and stay.audience not in EXPERIMENTS)
        )
        if stay.who in withheld:
            assert stay.audience in ("gold", "watched") or stay.arm == "global_holdout"
    arms: dict[tuple[str, str], set[str | None]] = defaultdict(set)
    for stay in seen.stays:
        if experiment := EXPERIMENTS.get(stay.audience):
            arms[experiment, stay.who].add(stay.arm)
    assert all(len(found) == 1 for found in arms.values())


CHECKS = [check_entries, check_stays, check_rooms, check_steps, check_caps, check_arms]


def check_all(house: House, tmp_path: Path, seed: int) -> Seen:
    define(house, tmp_path)
    seen = live_through(house, make_plan(seed))
    for check in CHECKS:
        check(seen)
    return seen


def test_a_history(house: House, tmp_path: Path) -> None:
    seen = check_all(house, tmp_path, seed=1)
    found = {what for day in seen.dispositions.values() for what in day.values()}
    assert found == {
        *("excluded", "no_consent", "pending_entry", "cooling_down", "global_holdout", "holdout"),
        *("lower_priority", "over_capacity", "frequency_capped", "eligible"),
    }
    assert {stay.audience for stay in seen.stays} == set(DEFINITIONS)
    assert len(seen.plan.run_days) < len(DAYS)


def test_running_again_from_nothing_changes_nothing(
    house: House, models: dict[str, str], tmp_path: Path
) -> None:
    """Days run twice, in a warehouse made anew, and some of them late but in order, leave the same ledgers."""
    define(house, tmp_path)
    other = House(models)
    define(other, tmp_path)
    plan = make_plan(2)
    for day in plan.run_days[:8]:
        run(house, plan, day)
    for place, day in enumerate(plan.run_days[:8]):
        run(other, plan, day)
        if place % 3 == 2:
            once = ledgers(other)
            other.start_anew()
            run(other, plan, day)
            assert ledgers(other) == once
    assert ledgers(other) == ledgers(house)


LONG = [pytest.param(seed, marks=pytest.mark.long) for seed in range(10, 13)]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [*LONG, *range(13, 16)])
def test_any_history(house: House, tmp_path: Path, seed: int) -> None:
    check_all(house, tmp_path, seed)
