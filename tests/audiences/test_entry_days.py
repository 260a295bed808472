"""Entering and staying, day by day: dwell, re-entry, the longest stay, steps, slots, room, caps, the global holdout."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.audiences.days import DAY, LANGUAGE, dispositions, permission, traits
from tests.audiences.dbt_sql import House, compiled

Define = Callable[..., None]
PLAIN = """\
version: 1
audience: {name}
label: {{ en: "{name}" }}
owner: someone@example.com
purpose: newsletter
evergreen: true
match: {{ column: lifecycle_stage, eq: active }}
goal: {{ metric: order_conversion, window: 14d }}
contact: {{ channels: [email] }}
"""
HALVES = """\
experiment:
  key: halves
  phase: 1
  salt: 0123456789abcdef
  arms:
    holdout: { slots: [0, 4999], delivers: false }
    message: { slots: [5000, 9999] }
"""
EVERYBODY_WITHHELD = "version: 1\nkey: all\nphase: 1\nsalt: fedcba9876543210\nslots: [0, 9999]\n"


@pytest.fixture
def define(house: House, tmp_path: Path) -> Define:
    """Compile audiences, each the plain one and what is added to it, and perhaps a global holdout."""
    folder = tmp_path / "definitions"
    folder.mkdir()
    house.fill("seeds.goal_metrics", [("order_conversion", "order_completed")])

    def compile_anew(holdout: str = "", **added: str) -> None:
        for file in folder.glob("*.yml"):
            file.unlink()
        for name, more in added.items():
            text = PLAIN.format(name=name)
            if "contact:" in more:
                text = text.replace("contact: { channels: [email] }\n", "")
            (folder / f"{name}.yml").write_text(text + more)
        (tmp_path / "global_holdout.yml").unlink(missing_ok=True)
        if holdout:
            (tmp_path / "global_holdout.yml").write_text(holdout)
        house.definitions = compiled(folder, LANGUAGE)

    return compile_anew


def run(house: House, offset: int, matching: Iterable[str] = ("ada",), hold: str = "") -> None:
    """One run, so many days after the first, in which these people match and one audience may be held."""
    people = {"ada", "bob", "cleo", *matching}
    house.fill(
        "activation.customer_traits",
        [
            traits(who, "active" if who in matching else "churned", order_count=place)
            for place, who in enumerate(sorted(people))
        ],
    )
    house.fill("activation.contact_permissions", [permission(who) for who in sorted(people)])
    names = [
        name.split('"')[3] for name in house.definitions if "audience" not in name.split('"')[3]
    ]
    verdicts = {name: "hold" if name == hold else "pass" for name in names}
    house.run_day(DAY + timedelta(days=offset), verdicts)


def stays(house: House, audience: str, who: str = "ada") -> list[tuple[object, ...]]:
    """Days after the first on which the person came and went, and why."""
    return house.rows(
        f"""
        select cast(entered_at as date) - date '{DAY}', cast(exited_at as date) - date '{DAY}', exit_reason
        from audiences.audience_memberships
        where audience = '{audience}' and customer_id = '{who}' order by entry_seq
        """
    )


def test_the_rule_must_hold_for_so_many_runs(house: House, define: Define) -> None:
    define(slow="entry: { min_match: 3d }")
    run(house, 0)
    run(house, 1, hold="slow")  # nobody enters on a held day, but it counts
    assert dispositions(house, "slow") == {"ada": "pending_entry"}
    run(house, 4)  # the days without a run neither count nor end the wait
    assert stays(house, "slow") == [(4, None, None)]
    run(house, 5, matching=["bob"])
    run(house, 6, matching=[])
    run(house, 7, matching=["bob"])
    run(house, 8, matching=["bob"])
    assert dispositions(house, "slow") == {"bob": "pending_entry"}


def test_a_run_that_died_after_the_gate_ends_no_wait(house: House, define: Define) -> None:
    define(patient="entry: { min_match: 3d }\n")
    run(house, 0)
    run(house, 1)
    for ledger in ("waits", "memberships"):  # the verdict of the day is written, and nothing after
        house.state.execute(f"delete from {ledger} where as_of_date = ?", [DAY + timedelta(days=1)])
    run(house, 2)
    assert dispositions(house, "patient") == {"ada": "pending_entry"}
    run(house, 3)
    assert dispositions(house, "patient") == {"ada": "eligible"}


def test_a_run_in_which_nobody_waits_ends_every_wait(house: House, define: Define) -> None:
    define(patient="entry: { min_match: 2d }\n")
    run(house, 0)
    run(house, 1, matching=())
    run(house, 2)
    assert dispositions(house, "patient") == {"ada": "pending_entry"}


def test_a_stay_ends_and_another_begins_in_time(house: House, define: Define) -> None:
    define(short="entry: { max_stay: 2d, reentry_after: 3d, max_entries: 2 }")
    for offset in range(11):
        run(house, offset)
    assert stays(house, "short") == [(0, 2, "max_stay"), (5, 7, "max_stay")]
    assert dispositions(house, "short") == {"ada": "cooling_down"}


def test_a_held_day_puts_off_the_end_of_a_stay(house: House, define: Define) -> None:
    define(short="entry: { max_stay: 1d, max_entries: 1 }")
    run(house, 0)
    run(house, 1, hold="short")
    assert stays(house, "short") == [(0, None, None)]
    run(house, 2)
    assert stays(house, "short") == [(0, 2, "max_stay")]


FIRST = "program: { name: cart, step: 1 }\nentry: { reentry_after: 9d }\n"
SECOND = "program: { name: cart, step: 2, next_after: { step: 1, wait: 2d } }\n"


def test_a_person_moves_on_from_step_to_step(house: House, define: Define) -> None:
    define(first=FIRST + HALVES, second=SECOND + HALVES)
    run(house, 0)
    assert dispositions(house, "second") == {"ada": "pending_entry"}
    run(house, 1)
    run(house, 2)
    assert stays(house, "first") == [(0, 2, "max_stay")]
    assert stays(house, "second") == [(2, None, None)]
    arms = house.rows("select distinct arm from audiences.audience_memberships")
    assert len(arms) == len(house.rows("select * from audiences.audience_assignments")) == 1
    run(house, 3, matching=[])
    assert stays(house, "second") == [(2, 3, "rule")]
    run(house, 4)
    assert dispositions(house, "second") == {"ada": "pending_entry"}  # until the next journey


def test_a_held_step_is_not_left_for_the_next(house: House, define: Define) -> None:
    define(first=FIRST, second=SECOND)
    run(house, 0)
    run(house, 2, hold="first")
    assert stays(house, "second") == []
    run(house, 3)
    assert (stays(house, "first"), stays(house, "second")) == (
        [(0, 3, "max_stay")],
        [(3, None, None)],
    )


@pytest.mark.parametrize(("at", "goes_on"), [("23:59:59", True), ("24:00:00", False)])
def test_the_goal_ends_the_journey(house: House, define: Define, at: str, goes_on: bool) -> None:
    define(first=FIRST, second=SECOND)
    hours, minutes, seconds = map(int, at.split(":"))
    bought = datetime(DAY.year, DAY.month, DAY.day) + timedelta(
        hours=hours, minutes=minutes, seconds=seconds
    )
    house.fill("activation.customer_events", [("ada", bought, "order_completed", None, None)])
    run(house, 0)
    run(house, 1)
    assert stays(house, "first") == [(0, None if goes_on else 1, None if goes_on else "rule")]
    run(house, 2)
    assert stays(house, "second") == ([(2, None, None)] if goes_on else [])


def test_of_a_group_a_person_is_in_one(house: House, define: Define) -> None:
    define(
        low="priority: { group: slot, rank: 20 }\nentry: { max_stay: 2d, max_entries: 1 }",
        high="priority: { group: slot, rank: 10 }\nentry: { min_match: 2d }",
    )
    run(house, 0)
    assert stays(house, "low") == [(0, None, None)]
    run(house, 1)
    assert dispositions(house, "high") == {"ada": "lower_priority"}  # who is in keeps the slot
    run(house, 2, hold="low")
    assert stays(house, "high") == []  # it was to become free, and did not
    run(house, 3)
    assert (stays(house, "low"), stays(house, "high")) == ([(0, 3, "max_stay")], [(3, None, None)])


def test_newcomers_take_the_places_that_are_left(house: House, define: Define) -> None:
    everyone = ["ada", "bob", "cleo"]
    define(small="entry: { capacity: { max: 2, order_by: [order_count desc] } }\n" + HALVES)
    run(house, 0, matching=["ada"])
    run(house, 1, matching=everyone)
    inside = house.rows("select customer_id from audiences.audience_memberships order by all")
    assert inside == [("ada",), ("cleo",)]
    assert len(house.rows("select * from audiences.audience_assignments")) == 3
    run(house, 2, matching=["bob", "cleo"])
    assert stays(house, "small", "bob") == [(2, None, None)]


def test_caps_count_what_was_sent_and_what_goes_out_today(house: House, define: Define) -> None:
    def capped(rule: str) -> str:
        return f"contact: {{ channels: [email], frequency: [{{ {rule} }}] }}\n"

    define(
        a_free="",
        b_daily=capped("max: 1, per: 1d, kind: calendar, scope: all_marketing"),
        c_weekly=capped("max: 3, per: 7d, kind: rolling, scope: all_marketing"),
    )
    before = DAY - timedelta(days=5)  # the first of the seven days up to the send day
    at = datetime(before.year, before.month, before.day)
    house.fill(
        "activation.contact_history",
        [
            ("ada", "email", None, at, "message"),
            ("ada", "email", None, at - timedelta(seconds=1), "message"),
        ],
    )
    run(house, 0)
    assert dispositions(house, "b_daily") == {"ada": "frequency_capped"}
    assert dispositions(house, "c_weekly") == {"ada": "frequency_capped"}  # one, and two today
    run(house, 1)
    assert stays(house, "b_daily") == [(1, None, None)]


def test_who_was_contacted_often_enough_keeps_nobody_else_waiting(
    house: House, define: Define
) -> None:
    room = "entry: { capacity: { max: 1, order_by: [order_count desc] } }\n"
    once = "contact: { channels: [email], frequency: [{ max: 1, per: 7d, kind: rolling, scope: all_marketing }] }\n"
    define(small=room + once)
    at = datetime(DAY.year, DAY.month, DAY.day)
    house.fill("activation.contact_history", [("cleo", "email", None, at, "message")])
    run(house, 0, matching=["ada", "bob", "cleo"])
    assert dispositions(house, "small") == {
        "ada": "over_capacity",
        "bob": "eligible",
        "cleo": "frequency_capped",
    }


def test_the_global_holdout_is_asked_at_the_door(house: House, define: Define) -> None:
    define(open="")
    run(house, 0, matching=["ada"])
    define(EVERYBODY_WITHHELD, open="", free=HALVES + "  respects_global_holdout: false\n")
    run(house, 1, matching=["ada", "bob"])
    assert dispositions(house, "open") == {"ada": "eligible", "bob": "global_holdout"}
    assert set(dispositions(house, "free").values()) <= {"eligible", "holdout"}
    assert house.rows("select customer_id from audiences.open") == [("ada",)]
    decided = "select customer_id, experiment, arm from audiences.audience_assignments"
    assert ("bob", "all", "holdout") in house.rows(decided)
    define(EVERYBODY_WITHHELD.replace("[0, 9999]", "[0, 0]"), open="")
    run(house, 2, matching=["ada", "bob", "cleo"])
    assert dispositions(house, "open")["bob"] == "global_holdout"  # decided once
    assert ("cleo", "all", "rest") in house.rows(decided)
    define(open="")
    run(house, 3, matching=["ada", "bob"])
    assert house.rows("select customer_id, arm from audiences.open order by all") == [
        ("ada", None),
        ("bob", None),
    ]


@pytest.mark.parametrize("arms", [HALVES, HALVES.replace("[0, 4999]", "[0, 1]")])
def test_who_is_released_by_the_global_holdout_is_in_no_arm(
    house: House, define: Define, arms: str
) -> None:
    everyone = ["ada", "bob", "cleo"]
    define(EVERYBODY_WITHHELD, tested=arms)
    run(house, 0, matching=everyone)
    assert set(dispositions(house, "tested").values()) == {"global_holdout"}
    define(EVERYBODY_WITHHELD, tested=arms + "  respects_global_holdout: false\n")
    for offset in (1, 2):  # released, and a member like others
        run(house, offset, matching=everyone)
        seen = (
            "select customer_id, disposition, arm, experiment from audiences.audience_dispositions"
        )
        assert house.rows(f"{seen} order by all") == [
            (who, "eligible", None, None) for who in everyone
        ]
    delivered = (
        "select arm, is_delivered from audiences.audience_memberships where exited_at is null"
    )
    assert house.rows(delivered) == [(None, True)] * 3
