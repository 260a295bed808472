"""Definitions that contradict what the state folder holds: ended names, arms and salts of a phase."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from audiences.loader import check_definitions, load_holdout, locate
from audiences.state import write_day
from audiences.tools.invented import slot
from audiences.tools.past import check_past
from tests.audiences.conftest import EXPERIMENT, LANGUAGE, SMALLEST

Write = Callable[..., Path]
DAY = date(2026, 3, 1)
SALT = "0123456789abcdef"
ARMS = {"holdout": range(1000), "message": range(1000, 9000)}

ENTRIES = pa.schema(
    [
        ("audience", pa.string()),
        ("customer_id", pa.string()),
        ("entry_seq", pa.int64()),
        ("exited_at", pa.timestamp("us")),
        ("exit_reason", pa.string()),
        ("arm", pa.string()),
    ]
)


@pytest.fixture
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A phase of fifty people drawn as the experiment says, and two audiences, one of which has ended."""
    state = tmp_path_factory.mktemp("state")
    slots = {f"c{number}": slot(SALT, f"c{number}") for number in range(50)}
    drawn = [
        {"experiment": "some_test", "phase": 1, "customer_id": person, "arm": arm, "slot": number}
        for person, number in slots.items()
        for arm, own in ARMS.items()
        if number in own
    ]
    write_day(state, "assignments", DAY, pa.Table.from_pylist(drawn))
    for day, exited_at, reason in ((1, None, None), (2, datetime(2026, 3, 2), "audience_ended")):
        rows = [
            {"audience": "everybody", "customer_id": "a", "entry_seq": 1, "exited_at": exited_at}
            | {"exit_reason": reason},
            {"audience": "others", "customer_id": "a", "entry_seq": 1, "exited_at": exited_at}
            | {"exit_reason": "rule" if reason else None},
        ]
        write_day(state, "memberships", date(2026, 3, day), pa.Table.from_pylist(rows, ENTRIES))
    return state


def found(folder: Path, state: Path, day: date) -> list[tuple[str, int, str, str, str]]:
    definitions, problems = check_definitions(folder, LANGUAGE)
    assert problems == []
    located = locate(folder, check_past(definitions, load_holdout(folder), state, day))
    return [(each.code, each.line, each.path, each.rule, each.fix) for each in located]


TESTED = SMALLEST.replace("everybody", "tested") + EXPERIMENT
CHANGED = [
    # what is changed, line, path, what the message says
    ("[0, 999]", "[0, 499]", 15, "experiment.arms.holdout.slots", "of the slots"),
    ("holdout: {", "control: {", 14, "experiment.arms", "into arm holdout, which is not there"),
    (SALT, "fedcba9876543210", 13, "experiment.salt", "is not the salt that phase 1"),
]


@pytest.mark.parametrize(("old", "new", "line", "path", "says"), CHANGED)
def test_a_phase_stays_as_it_was_drawn(  # noqa: PLR0917 - one a column of the table
    write: Write, state: Path, old: str, new: str, line: int, path: str, says: str
) -> None:
    assert found(write(TESTED, "tested.yml"), state, date(2026, 3, 3)) == []
    changed = write(TESTED.replace(old, new), "tested.yml")
    [(code, at, where, rule, fix)] = found(changed, state, date(2026, 3, 3))
    assert (code, at, where) == ("AUD107", line, path)
    assert says in rule
    assert "`phase: 2`" in fix
    next_phase = write(TESTED.replace(old, new).replace("phase: 1", "phase: 2"), "tested.yml")
    assert found(next_phase, state, date(2026, 3, 3)) == []


def test_a_larger_arm_or_a_new_one_contradicts_nobody(write: Write, state: Path) -> None:
    wider = TESTED.replace("[1000, 8999]", "[1000, 9499]") + "    more: { slots: [9500, 9999] }\n"
    assert found(write(wider, "tested.yml"), state, date(2026, 3, 3)) == []


def test_sharing_an_address_is_no_other_salt(write: Write, tmp_path: Path) -> None:
    """Of forty households two were drawn, by the slot of a third who never was; one person lives alone."""
    homes = {f"{who}{home}": f"a{home}" for home in range(40) for who in "bc"} | {"d": "d"}
    slots = {who: slot(SALT, first) for who, first in homes.items()}
    drawn = [
        {"experiment": "some_test", "phase": 1, "customer_id": person, "arm": arm, "slot": number}
        for person, number in slots.items()
        for arm, own in ARMS.items()
        if number in own
    ]
    state = tmp_path / "state"
    write_day(state, "assignments", DAY, pa.Table.from_pylist(drawn))
    folder = write(TESTED, "tested.yml")
    assert found(folder, state, date(2026, 3, 3)) == []
    write_day(state, "assignments", DAY, pa.Table.from_pylist(drawn[:1]))
    assert found(folder, state, date(2026, 3, 3)) == []  # too few to tell


WITHHELD = f"version: 1\nkey: all\nphase: 1\nsalt: {SALT}\nslots: [0, 999]\n"
EDITED = [
    # what is changed, and of each problem line, path and what the message says
    ("[0, 999]", "[0, 499]", [(5, "slots", "phase 1 withheld 1 people of the slots")]),
    ("[0, 999]", "[0, 1999]", [(5, "slots", "phase 1 let through 5 people of the slots")]),
    (SALT, "fedcba9876543210", [(4, "salt", "is not the salt that phase 1")]),
    ("key: all", "key: everyone", [(2, "key", "is not the key by which 1 people are withheld")]),
]


@pytest.fixture
def holding(state: Path) -> Path:
    """As above, and the same people drawn by a global holdout, which withholds one of them from an audience."""
    slots = {f"c{number}": slot(SALT, f"c{number}") for number in range(50)}
    drawn = [
        {"experiment": "all", "phase": 1, "customer_id": person, "slot": number}
        | {"arm": "holdout" if number < 1000 else "rest"}
        for person, number in slots.items()
    ]
    write_day(state, "assignments", date(2026, 3, 2), pa.Table.from_pylist(drawn))
    withheld = next(row["customer_id"] for row in drawn if row["arm"] == "holdout")
    entry = {"audience": "others", "customer_id": withheld, "entry_seq": 1, "exited_at": None}
    entered = [{**entry, "exit_reason": None, "arm": "global_holdout"}]
    write_day(state, "memberships", date(2026, 3, 2), pa.Table.from_pylist(entered, ENTRIES))
    return state


@pytest.mark.parametrize(("old", "new", "expected"), EDITED)
def test_the_global_holdout_stays_as_it_was_drawn(
    tmp_path: Path, holding: Path, old: str, new: str, expected: list[tuple[int, str, str]]
) -> None:
    folder, file = tmp_path / "definitions", tmp_path / "global_holdout.yml"
    folder.mkdir()
    file.write_text(WITHHELD)
    assert found(folder, holding, date(2026, 3, 3)) == []
    file.write_text(WITHHELD.replace(old, new))
    problems = found(folder, holding, date(2026, 3, 3))
    assert [(code, line, path) for code, line, path, _, _ in problems] == [
        ("AUD107", line, path) for line, path, _ in expected
    ]
    assert all(says in rule for (*_, rule, _), (*_, says) in zip(problems, expected, strict=True))
    assert found(folder, holding, date(2026, 3, 2)) == []  # a rerun of that day draws anew
    if "key" not in old:
        file.write_text(WITHHELD.replace(old, new).replace("phase: 1", "phase: 2"))
        assert found(folder, holding, date(2026, 3, 3)) == []


def test_the_name_of_an_audience_that_ended_is_taken(write: Write, state: Path) -> None:
    write(SMALLEST.replace("everybody", "others"), "others.yml")
    [(code, line, path, rule, _)] = found(write(), state, date(2026, 3, 3))
    assert (code, line, path) == ("AUD102", 2, "audience")
    assert rule == "is the name of an audience that ended on 2026-03-02"
    assert found(write(), state, date(2026, 3, 2)) == []  # a rerun of that day replaces it
    assert found(write(SMALLEST + "status: retired\n"), state, date(2026, 3, 3)) == []


def test_without_a_past_nothing_contradicts(write: Write, tmp_path: Path) -> None:
    assert found(write(), tmp_path / "nothing", DAY) == []


def test_two_files_of_one_name(write: Write) -> None:
    folder = write()
    (folder / "old").mkdir()
    (folder / "old" / "everybody.yml").write_text(SMALLEST)
    _, [problem] = check_definitions(folder, LANGUAGE)
    assert (problem.code, problem.where) == ("AUD102", "old/everybody.yml:1")
    assert problem.rule == "everybody.yml is of the same name"
