"""Days without a run: caught up in order they leave the ledgers of daily runs, left out they leave nothing.

Contacts are those of the model `contact_history`, from receipts that are written when the run takes place.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from audiences.tools.reports import history
from tests.audiences.dbt_sql import FILLED, House
from tests.audiences.thirty_days import (
    DAYS,
    DEFINITIONS,
    PEOPLE,
    Plan,
    define,
    fill_known,
    ledgers,
    make_plan,
)

UPSTREAM = {
    "intermediate.int_campaigns_listed": "campaign_id varchar, audience varchar",
    "core.dim_customers": "customer_id varchar, is_deleted boolean, is_erased boolean",
    "staging.stg_shop__message_events": "customer_id varchar, campaign_id varchar, channel varchar,"
    " event varchar, occurred_at timestamp",
}
Runs = list[tuple[date, date]]
"""The days that are run, in order, each with the day on which its run takes place."""


@dataclass(frozen=True)
class Books:
    """What runs leave: the ledgers, the verdicts, and of each day its contacts and what became of everybody."""

    ledgers: list[list[tuple[object, ...]]]
    runs: list[tuple[object, ...]]
    days: dict[date, list[list[tuple[object, ...]]]]
    receipts: list[tuple[object, ...]]


def runs_of(days: list[date], missed: set[date], are_caught_up: bool) -> Runs:
    """Daily runs but for the missed days, which the next run catches up first, or nobody does."""
    runs: Runs = []
    waiting: list[date] = []
    for day in days:
        waiting.append(day)
        if day not in missed:
            runs += [(late, day) for late in waiting if are_caught_up or late == day]
            waiting = []
    return runs


def live_through(house: House, plan: Plan, runs: Runs) -> Books:
    """Run days, and deliver each with its run."""
    seen = {}
    for day, on in runs:
        fill_known(house, plan, day)
        house.fill("core.dim_customers", [(who, False, False) for who in PEOPLE])
        house.fill(
            "staging.stg_shop__message_events",
            [(who, None, "email", "sent", at) for who, at in plan.messages if at.date() <= day],
        )
        refused = {who for seen, people in plan.refused.items() if seen <= on for who in people}
        house.fill(
            "intermediate.int_consents_decided_uncut",
            [
                (who, "email", "newsletter", "withdrawn", "withdrawn", None)
                for who in sorted(refused)
            ],
        )
        house.run_day(day, plan.verdicts[day])
        deliver(house, day, on)
        seen[day] = [
            house.rows(f"select * from {table} order by all")
            for table in ("activation.contact_history", "audiences.audience_dispositions")
        ]
    return Books(
        ledgers=ledgers(house),
        runs=house.rows("select * from audiences.audience_runs order by all"),
        days=seen,
        receipts=house.state.sql(
            "select * exclude (run_id, finished_at) from receipts order by all"
        ).fetchall(),
    )


def deliver(house: House, day: date, on: date) -> None:
    """The day's newcomers go out on the morning after the run: some are accepted, the others a run later."""
    finished = datetime(on.year, on.month, on.day, 5) + timedelta(days=1)
    house.state.execute(
        """
        insert into receipts
        select 'sync', audience, 'tool', $run, 'batch', customer_id, entry_seq, 'upsert',
            if(entered_at = $day and hash(customer_id) % 4 = 0, 'rejected', 'accepted'), null, 1, $finished, $day
        from (
            select distinct audience, customer_id, entry_seq, entered_at from memberships
            where is_delivered and audience <> 'watched' and exited_at is null
                and entered_at between $day - interval 2 day and $day
        )
        """,
        {"run": f"run-{on}", "day": day, "finished": finished},
    )


def make_house(models: dict[str, str], folder: Path) -> House:
    filled = {name: table for name, table in FILLED.items() if name != "activation.contact_history"}
    house = House(models, filled | UPSTREAM)
    define(house, folder)
    return house


def miss(seed: int, days: list[date]) -> set[date]:
    """Days by chance, often several in a row; never the first nor the last."""
    chance, missed = Random(seed), set[date]()
    for before, day in pairwise(days[:-1]):
        if chance.random() < (0.6 if before in missed else 0.25):
            missed.add(day)
    return missed


def check(models: dict[str, str], folder: Path, seed: int, count: int) -> None:
    days, plan = DAYS[:count], make_plan(seed, skips=0)
    missed = miss(seed, days)
    assert missed
    daily = live_through(make_house(models, folder), plan, runs_of(days, set(), True))
    assert all(map(len, (*daily.ledgers, daily.receipts)))

    runs = runs_of(days, missed, are_caught_up=True)
    assert [day for day, _ in runs] == days
    assert {day for day, on in runs if on != day} == missed
    assert live_through(make_house(models, folder), plan, runs) == daily

    house = make_house(models, folder)
    live_through(house, plan, runs_of(days, missed, are_caught_up=False))
    check_left_out(house, plan, days, missed, folder)


def check_left_out(
    house: House, plan: Plan, days: list[date], missed: set[date], folder: Path
) -> None:
    """Nothing happened on a missed day, nothing waited for it, and the report calls it skipped."""
    run_days = [day for day in days if day not in missed]
    judged = house.rows("select as_of_date, audience from audiences.audience_runs order by all")
    assert judged == [(day, audience) for day in run_days for audience in sorted(DEFINITIONS)]
    written = house.state.sql(
        """
        select as_of_date from assignments
        union select cast(assigned_at as date) from assignments
        union select as_of_date from memberships
        union select cast(entered_at as date) from memberships
        union select cast(exited_at as date) from memberships where exited_at is not null
        union select as_of_date from waits
        union select as_of_date from gate_verdicts
        """
    ).fetchall()
    assert {day for (day,) in written} == set(run_days)
    check_waits(house, plan, run_days)
    file = folder / "warehouse.duckdb"
    house.warehouse.execute(f"attach '{file}' as file")
    house.warehouse.execute("copy from database memory to file")
    house.warehouse.execute("detach file")
    for audience in DEFINITIONS:
        told = {row["day"]: row for row in history(file, audience)}
        assert list(told) == days
        skipped = {day: row for day, row in told.items() if row["verdict"] == "skipped"}
        assert set(skipped) == missed
        for row in skipped.values():
            assert (row["matched"], row["entered"], row["left"]) == (None, 0, 0)


def check_waits(house: House, plan: Plan, run_days: list[date]) -> None:
    """A wait is every run in a row in which the rule held; the days between them neither count nor end it."""
    stays = house.rows(
        "select audience, customer_id, cast(entered_at as date), cast(exited_at as date)"
        " from audiences.audience_memberships"
    )
    waits = house.state.sql(
        "select audience, customer_id, as_of_date, matched_days from waits where customer_id is not null"
    ).fetchall()
    for audience, who, day, counted in waits:
        waited = run_days[: run_days.index(day) + 1][-counted:]
        assert len(waited) == counted
        since = waited[0]
        assert all(who in plan.matches(audience, each) for each in waited)
        for before in [each for each in run_days if each < since][-1:]:
            was_inside = any(
                (audience, who) == stay[:2]
                and stay[2] < before
                and (stay[3] is None or stay[3] >= before)
                for stay in stays
            )
            assert was_inside or who not in plan.matches(audience, before)


def test_missed_days(models: dict[str, str], tmp_path: Path) -> None:
    check(models, tmp_path, seed=3, count=10)


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("seed", range(40, 42))
def test_missed_days_of_a_month(models: dict[str, str], tmp_path: Path, seed: int) -> None:
    check(models, tmp_path, seed, count=30)
