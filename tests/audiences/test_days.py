"""Days in the life of audiences: who enters, who leaves and why, and who never changes arm."""

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest

from tests.audiences.days import (
    DAY,
    PASS,
    PEOPLE,
    WITH_TEST,
    define,
    dispositions,
    memberships,
    permission,
    traits,
)
from tests.audiences.dbt_sql import House


def test_a_candidate_ends_in_the_first_gate_that_stops_it(house: House) -> None:
    people = {
        "gone": ("churned", {}, []),
        "left_out": ("active", {"country": "XX"}, [permission("left_out", "bounced_hard")]),
        "bounced": (
            "active",
            {},
            [permission("bounced", "bounced_hard"), permission("bounced", "complained", "push")],
        ),
        "silent": ("active", {}, [permission("silent", "unknown_opt_in")]),
        "unasked": ("active", {}, []),
        "half_bounced": (
            "active",
            {},
            [
                permission("half_bounced", "bounced_hard"),
                permission("half_bounced", "withdrawn", "push"),
            ],
        ),
        "addressless": ("active", {"email": None}, [permission("addressless")]),
        "by_push": (
            "active",
            {"email": None},
            [permission("by_push"), permission("by_push", channel="push")],
        ),
        "stageless": (None, {}, [permission("stageless")]),
    }
    house.fill(
        "activation.customer_traits", [traits(p, s, **more) for p, (s, more, _) in people.items()]
    )
    house.fill(
        "activation.contact_permissions", [row for *_, rows in people.values() for row in rows]
    )
    house.run_day(DAY, PASS)
    seen = dispositions(house)
    assert seen.pop("by_push") in {"eligible", "holdout"}
    assert seen == {
        "left_out": "excluded",
        "bounced": "suppressed",
        "silent": "no_consent",
        "unasked": "no_consent",
        "half_bounced": "no_consent",
        "addressless": "unreachable",
    }
    assert house.rows(
        "select contact_channel from audiences.audience_dispositions"
        " where customer_id = 'by_push' and audience = 'buyers'"
    ) == [("push",)]
    assert set(dispositions(house, "everybody").values()) == {"eligible"}


def test_arms_follow_the_slots_of_the_hash(house: House) -> None:
    house.run_day(DAY, PASS)
    drawn = house.rows("select customer_id, slot, arm from audiences.audience_assignments")
    assert len(drawn) == len(PEOPLE)
    for person, slot, arm in drawn:
        expected = int(hashlib.md5(f"0123456789abcdef:{person}".encode()).hexdigest()[:8], 16)
        assert slot == expected % 10000
        assert arm == ("holdout" if slot < 5000 else "message")
    held_out = {person for person, _, arm in drawn if arm == "holdout"}
    delivered = {person for (person,) in house.rows("select customer_id from audiences.buyers")}
    assert delivered == set(PEOPLE) - held_out
    withheld = {row[0] for row in memberships(house) if not row[-1]}
    assert withheld == held_out


@pytest.mark.parametrize(
    ("reason", "now", "permitted"),
    [
        ("rule", traits("c1", "churned"), "granted"),
        ("excluded", traits("c1", country="XX"), "granted"),
        ("suppressed", traits("c1"), "complained"),
        ("consent", traits("c1", email=None), "withdrawn"),
        ("consent", traits("c1"), "withdrawn"),
        ("erased", None, "granted"),
    ],
)
def test_a_member_leaves_with_a_reason(
    house: House, reason: str, now: tuple[object, ...] | None, permitted: str
) -> None:
    house.run_day(DAY, PASS)
    house.fill("activation.customer_traits", [now] if now else [traits("c2")])
    given = [permission("c1", permitted), permission("c1", permitted, "push")]
    house.fill("activation.contact_permissions", given)
    house.run_day(DAY + timedelta(days=1), PASS)
    left = {row[0]: (row[3], row[4]) for row in memberships(house)}
    assert left["c1"] == (DAY + timedelta(days=1), reason)


def test_who_comes_back_has_a_second_entry_and_the_same_arm(house: House) -> None:
    first, second, third = (DAY + timedelta(days=offset) for offset in range(3))
    house.run_day(first, PASS)
    arm = memberships(house)[0][5]
    house.fill("activation.customer_traits", [traits("c0", "churned")])
    house.run_day(second, PASS)
    house.fill("activation.customer_traits", [traits("c0")])
    house.run_day(third, PASS)
    assert [row[1:6] for row in memberships(house) if row[0] == "c0"] == [
        (1, first, second, "rule", arm),
        (2, third, None, None, arm),
    ]


@pytest.mark.parametrize("verdicts", [{"buyers": "hold", "everybody": "pass"}, {}])
def test_without_a_pass_nothing_moves(house: House, verdicts: dict[str, str]) -> None:
    house.fill("activation.customer_traits", [traits("c1"), traits("c2")])
    house.run_day(DAY, PASS)
    before = memberships(house)
    house.fill("activation.customer_traits", [traits("c1", "churned"), traits("c2"), traits("c3")])
    house.run_day(DAY + timedelta(days=1), verdicts)
    assert memberships(house) == before
    assert len(house.rows("select 1 from audiences.audience_assignments")) == 2


@pytest.mark.parametrize("status", ["", "status: paused\n"], ids=["held", "paused"])
@pytest.mark.parametrize("reason", ["withdrawn", "minor", "unknown_opt_in", "bounced_hard"])
def test_who_stays_only_by_hold_or_pause_is_delivered_only_where_allowed(
    house: House, tmp_path: Path, status: str, reason: str
) -> None:
    house.fill("activation.contact_permissions", [permission("c0"), permission("c1")])
    define(house, tmp_path, buyers=WITH_TEST.partition("goal:")[0])
    house.run_day(DAY, {"buyers": "pass"})
    house.fill("activation.customer_traits", [traits(person, "churned") for person in ("c0", "c1")])
    now = [permission("c0", reason), permission("c1", reason), permission("c1", channel="push")]
    house.fill("activation.contact_permissions", now)
    define(house, tmp_path, buyers=WITH_TEST.partition("goal:")[0] + status)
    before = memberships(house)
    house.run_day(DAY + timedelta(days=1), {"buyers": "pass"} if status else {})
    assert house.rows("select customer_id, contact_channel from audiences.buyers") == [
        ("c1", "push")
    ]
    assert memberships(house) == before


def test_a_paused_audience_that_now_contacts_people_asks_whether_it_may(
    house: House, tmp_path: Path
) -> None:
    contact = WITH_TEST.partition("goal:")[0]
    define(house, tmp_path, buyers=contact.replace("{ channels: [email, push] }", "none"))
    house.fill("activation.contact_permissions", [permission("c0", "objected"), permission("c1")])
    house.run_day(DAY, {"buyers": "pass"})
    assert len(house.rows("select 1 from audiences.buyers")) == len(PEOPLE)
    define(house, tmp_path, buyers=contact + "status: paused\n")
    house.run_day(DAY + timedelta(days=1), {"buyers": "pass"})
    assert house.rows("select customer_id, contact_channel from audiences.buyers") == [
        ("c1", "email")
    ]


def test_a_paused_audience_stands_still(house: House, tmp_path: Path) -> None:
    house.fill("activation.customer_traits", [traits("c1"), traits("c2")])
    house.run_day(DAY, PASS)
    before = memberships(house)
    define(house, tmp_path, buyers=WITH_TEST + "status: paused\n")
    house.fill("activation.customer_traits", [traits("c1", "churned"), traits("c2"), traits("c3")])
    house.run_day(DAY + timedelta(days=1), PASS)
    assert memberships(house) == before


@pytest.mark.parametrize(
    ("edited", "reason"),
    [
        (WITH_TEST + "status: retired\n", "audience_ended"),
        (WITH_TEST.replace("evergreen: true", "expires_on: 2026-03-01"), "audience_ended"),
        (WITH_TEST.replace("evergreen: true", "expires_on: 2026-03-02"), None),
    ],
)
def test_an_ended_audience_lets_everybody_go_without_a_verdict(
    house: House, tmp_path: Path, edited: str, reason: str | None
) -> None:
    house.run_day(DAY, PASS)
    define(house, tmp_path, buyers=edited)
    house.run_day(DAY + timedelta(days=1), {})
    assert {row[4] for row in memberships(house)} == {reason}
    left = house.rows("select count(*) from audiences.buyers")[0][0]
    assert (left == 0) == (reason is not None)


def test_an_audience_ends_with_its_definition_and_keeps_its_history(
    house: House, tmp_path: Path
) -> None:
    house.run_day(DAY, PASS)
    entered = memberships(house)
    arms = {person: arm for person, *_, arm, _ in entered}
    define(house, tmp_path, patrons=WITH_TEST.replace("audience: buyers", "audience: patrons"))
    for offset in (1, 2):
        house.run_day(DAY + timedelta(days=offset), {"patrons": "pass"})
    ended = (DAY + timedelta(days=1), "audience_ended")
    assert memberships(house) == [(*row[:3], *ended, *row[5:]) for row in entered]
    assert {row[0]: row[5] for row in memberships(house, "patrons")} == arms  # it was renamed


EDITS = [
    WITH_TEST.replace("[0, 4999]", "[0, 99]").replace("[5000, 9999]", "[100, 9999]"),
    WITH_TEST.replace("0123456789abcdef", "fedcba9876543210"),
    WITH_TEST.replace("phase: 1", "phase: 2").replace("0123456789abcdef", "fedcba9876543210"),
]


@pytest.mark.parametrize("edited", EDITS, ids=["weights", "salt", "phase"])
def test_nobody_changes_arm_when_the_definition_does(
    house: House, tmp_path: Path, edited: str
) -> None:
    house.run_day(DAY, PASS)
    before = memberships(house)
    assigned = house.rows("select * from audiences.audience_assignments order by all")
    define(house, tmp_path, buyers=edited)
    house.run_day(DAY + timedelta(days=1), PASS)
    assert memberships(house) == before
    assert house.rows("select * from audiences.audience_assignments order by all") == assigned


def test_an_experiment_taken_out_releases_the_withheld(house: House, tmp_path: Path) -> None:
    house.run_day(DAY, PASS)
    arms = {row[0]: row[5] for row in memberships(house)}
    define(house, tmp_path, buyers=WITH_TEST.partition("goal:")[0])
    house.run_day(DAY + timedelta(days=1), PASS)
    assert {row[0]: row[5] for row in memberships(house)} == arms
    assert len(house.rows("select 1 from audiences.buyers")) == len(PEOPLE)


PHASE_TWO = WITH_TEST.replace("phase: 1", "phase: 2").replace(
    "0123456789abcdef", "fedcba9876543210"
)


def test_who_was_released_stays_released(house: House, tmp_path: Path) -> None:
    """Also where nothing is decided the day after, and when the experiment comes back."""
    house.run_day(DAY, PASS)
    untested = WITH_TEST.partition("goal:")[0]
    for offset, text in enumerate([untested, untested + "status: paused\n", PHASE_TWO], start=1):
        define(house, tmp_path, buyers=text)
        house.run_day(DAY + timedelta(days=offset), PASS)
        assert all(row[-1] for row in memberships(house)), text
        assert len(house.rows("select 1 from audiences.buyers")) == len(PEOPLE)


def test_a_member_is_shown_with_the_phase_of_the_entry(house: House, tmp_path: Path) -> None:
    shown = (
        "select customer_id, experiment, phase, arm, slot from audiences.audience_dispositions"
        " where audience = 'buyers' order by all"
    )
    house.run_day(DAY, PASS)
    before = house.rows(shown)
    define(house, tmp_path, buyers=PHASE_TWO)
    house.fill("activation.customer_traits", [traits(person) for person in [*PEOPLE, "new"]])
    house.fill("activation.contact_permissions", [permission(p) for p in [*PEOPLE, "new"]])
    house.run_day(DAY + timedelta(days=1), PASS)
    after = house.rows(shown)
    assert [row for row in after if row[0] != "new"] == before
    assert {row[2] for row in after if row[0] == "new"} == {2}


def test_a_member_of_before_the_experiment_is_shown_without_it(
    house: House, tmp_path: Path
) -> None:
    define(house, tmp_path, buyers=WITH_TEST.partition("goal:")[0])
    house.run_day(DAY, PASS)
    define(house, tmp_path, buyers=WITH_TEST)
    house.run_day(DAY + timedelta(days=1), PASS)
    assert house.rows(
        "select distinct disposition, experiment, phase, arm, slot from audiences.audience_dispositions"
    ) == [("eligible", None, None, None, None)]


def test_the_ledger_says_whether_an_arm_was_delivered(house: House, tmp_path: Path) -> None:
    house.run_day(DAY, PASS)
    define(house, tmp_path, buyers=PHASE_TWO.replace(", delivers: false", ""))
    house.run_day(DAY + timedelta(days=1), PASS)
    assert house.rows(
        "select distinct phase, arm, is_delivered from audiences.audience_assignments order by all"
    ) == [(1, "holdout", False), (1, "message", True)]


def test_slots_of_no_arm_are_withheld_and_not_assigned(house: House, tmp_path: Path) -> None:
    define(house, tmp_path, buyers=WITH_TEST.replace("[0, 4999]", "[0, 0]"))
    house.run_day(DAY, PASS)
    spare = [row for row in memberships(house) if row[5] is None]
    assert spare
    assert not any(row[-1] for row in spare)
    assigned = {
        row[0] for row in house.rows("select customer_id from audiences.audience_assignments")
    }
    assert assigned == {row[0] for row in memberships(house)} - {row[0] for row in spare}


def test_blocks_are_the_decisions_that_stand_now(house: House) -> None:
    house.fill("seeds.contact_channels", [("email",), ("push",)])
    house.fill(
        "intermediate.int_consents_decided_uncut",
        [
            ("granted", "email", "newsletter", "granted", "granted", None),
            ("confirmed", "email", "newsletter", "granted", "granted", "confirmed"),
            ("requested", "email", "newsletter", "granted", "granted", "requested"),
            ("withdrew", "email", "newsletter", "withdrawn", "withdrawn", None),
            ("objected", "push", "newsletter", "objected", "objected", None),
            ("other_purpose", "email", "surveys", "withdrawn", "withdrawn", None),
            ("clicked_stop", "email", "newsletter", "withdrawn", "unsubscribed", None),
            ("erased", "email", "newsletter", "withdrawn", "withdrawn", None),
        ],
    )
    house.fill("intermediate.int_erasures_known_uncut", [("erased",)])
    house.run_day(DAY, PASS)
    blocks = house.rows("select * from audiences.current_blocks order by all")
    assert blocks == [
        ("clicked_stop", "email", "newsletter", "unsubscribed"),
        ("erased", "email", "newsletter", "erased"),
        ("erased", "push", "newsletter", "erased"),
        ("objected", "push", "newsletter", "objected"),
        ("requested", "email", "newsletter", "unconfirmed"),
        ("withdrew", "email", "newsletter", "withdrawn"),
    ]


def test_without_an_address_a_member_is_suppressed(house: House) -> None:
    house.run_day(DAY, PASS)
    house.fill("activation.customer_traits", [traits("c1", email=None)])
    house.run_day(DAY + timedelta(days=1), PASS)
    assert [row[4] for row in memberships(house) if row[0] == "c1"] == ["suppressed"]
