"""One address is never in two arms of an experiment: people who share it share its arm, or are sent nothing."""

from collections.abc import Iterator
from datetime import timedelta
from hashlib import md5
from pathlib import Path

import pytest

from tests.audiences.days import (
    DAY,
    PASS,
    PEOPLE,
    WITH_TEST,
    define,
    dispositions,
    permission,
    traits,
)
from tests.audiences.dbt_sql import House

NEXT = DAY + timedelta(days=1)
TWINS = dict(
    zip(PEOPLE[1::2], PEOPLE[0::2], strict=True)
)  # every second person, and whose mail it has


@pytest.fixture
def house(models: dict[str, str], tmp_path: Path) -> Iterator[House]:
    house = House(models)
    define(house, tmp_path, buyers=WITH_TEST)
    house.fill("activation.contact_permissions", [permission(person) for person in PEOPLE])
    yield house
    house.state.close()
    house.warehouse.close()


def live(house: House, people: list[str], mail: dict[str, str]) -> None:
    """The people there are, each with a mail of its own unless `mail` says whose it has."""
    house.fill(
        "activation.customer_traits",
        [
            traits(person, email=f" {mail.get(person, person).upper()}@example.com")
            for person in people
        ],
    )


def arms(house: House) -> dict[str, str]:
    return dict(house.rows("select customer_id, arm from audiences.audience_assignments"))  # type: ignore[arg-type]


def drawn(person: str) -> str:
    """The arm of the slot that the salt of the definition proposes."""
    digest = md5(f"0123456789abcdef:{person}".encode()).hexdigest()
    return "holdout" if int(digest[:8], 16) % 10000 < 5000 else "message"


def test_people_with_one_mail_draw_one_arm(house: House) -> None:
    live(house, PEOPLE, TWINS)
    house.run_day(DAY, PASS)
    assert arms(house) == {person: drawn(TWINS.get(person, person)) for person in PEOPLE}
    assert arms(house) != {person: drawn(person) for person in PEOPLE}


def test_a_newcomer_takes_the_arm_the_mail_is_in(house: House) -> None:
    older = list(TWINS)
    live(house, older, TWINS)
    house.run_day(DAY, PASS)
    before = arms(house)
    live(house, PEOPLE, TWINS)
    house.run_day(NEXT, PASS)
    assert arms(house) == before | {TWINS[person]: arm for person, arm in before.items()}


def test_a_mail_that_came_into_two_arms_is_sent_nothing_new(house: House) -> None:
    live(house, PEOPLE, {})
    house.run_day(DAY, PASS)
    found = arms(house)
    held = next(person for person in PEOPLE if found[person] == "holdout")
    sent = next(person for person in PEOPLE if found[person] == "message")
    others = [person for person in PEOPLE if person not in {held, sent}]
    live(house, others, {})
    house.run_day(NEXT, PASS)  # both have left
    live(house, PEOPLE, {held: sent})
    house.run_day(NEXT + timedelta(days=1), PASS)
    assert dispositions(house)[held] == dispositions(house)[sent] == "holdout"
    assert arms(house) == found
    assert (
        dispositions(house)[others[0]]
        == {"holdout": "holdout", "message": "eligible"}[found[others[0]]]
    )


WITHHOLDING = "version: 1\nkey: all\nphase: 1\nsalt: 0123456789abcdef\nslots: [0, 4999]\n"


@pytest.mark.parametrize("first", ["c0", "c2"])
def test_one_mailbox_is_withheld_from_all_marketing_or_not(
    models: dict[str, str], tmp_path: Path, first: str
) -> None:
    house = House(models)
    folder = tmp_path / "definitions"
    folder.mkdir()
    (tmp_path / "global_holdout.yml").write_text(WITHHOLDING)
    define(house, folder, buyers=WITH_TEST.partition("goal:")[0])
    house.fill("activation.contact_permissions", [permission(person) for person in PEOPLE])
    office = dict.fromkeys(PEOPLE, "office")
    live(house, [person for person in PEOPLE if person >= first], office)
    house.run_day(DAY, PASS)
    expected = "global_holdout" if drawn(first) == "holdout" else "eligible"
    assert set(dispositions(house).values()) == {expected}
    live(house, PEOPLE, office)
    house.run_day(NEXT, PASS)
    assert set(dispositions(house).values()) == {expected}


STEPS = {
    name: WITH_TEST.replace("audience: buyers", f"audience: {name}")
    .replace("evergreen: true", f"evergreen: true\nprogram: {{ name: steps, step: {step} }}")
    .replace("[email, push]", f"[{channel}]")
    for name, step, channel in (("mailed", 1, "email"), ("pushed", 2, "push"))
}


def test_steps_that_contact_differently_share_one_arm(house: House, tmp_path: Path) -> None:
    define(house, tmp_path, **STEPS)
    live(house, PEOPLE, TWINS)
    given = [permission(person, channel=by) for person in PEOPLE for by in ("email", "push")]
    house.fill("activation.contact_permissions", given)
    house.run_day(DAY, dict.fromkeys(STEPS, "pass"))
    assert len(house.rows("select 1 from audiences.audience_assignments")) == len(PEOPLE)
    assert arms(house) == {person: drawn(TWINS.get(person, person)) for person in PEOPLE}
