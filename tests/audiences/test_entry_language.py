"""Entry, programmes, priority, caps and the global holdout as written: what is wrong, where, and how to mend it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from audiences.errors import DefinitionError
from audiences.loader import check_definitions, load_holdout
from tests.audiences.conftest import EXPERIMENT, LANGUAGE, SMALLEST

Write = Callable[..., Path]

CAP = "max: 1, per: 1d, kind: calendar, scope: all_marketing"
HOLDOUT = """\
version: 1
key: everything
phase: 1
salt: fedcba9876543210
slots: [0, 499]
"""


def ordered(by: str) -> str:
    return SMALLEST + f"entry: {{ capacity: {{ max: 5, order_by: [{by}] }} }}"


def capped(rule: str, more: str = "") -> str:
    return SMALLEST.replace("[email]", f"[email], frequency: [{{ {rule} }}]") + more


def step(name: str, program: str, more: str = "") -> str:
    return SMALLEST.replace("everybody", name) + f"program: {{ name: cart, {program} }}\n{more}"


WRONG = [
    # code, line, path, what the message says, text
    ("AUD103", 9, "entry.min_match", "not a duration", SMALLEST + "entry: { min_match: 2 }"),
    ("AUD103", 9, "entry.max_stay", "not a duration", SMALLEST + "entry: { max_stay: 0d }"),
    ("AUD100", 9, "entry", "straight back in", SMALLEST + "entry: { max_stay: 45d }"),
    (
        "AUD100",
        9,
        "entry.max_entries",
        "than or equal to 1",
        SMALLEST + "entry: { max_entries: 0 }",
    ),
    ("AUD101", 9, "entry.max_entry", "unknown key", SMALLEST + "entry: { max_entry: 3 }"),
    ("AUD100", 9, "entry.capacity.max", "than or equal to 1", ordered("m_score").replace("5", "0")),
    (
        "AUD100",
        9,
        "entry.capacity.order_by",
        "is required",
        SMALLEST + "entry: { capacity: { max: 1 } }",
    ),
    ("AUD100", 9, "entry.capacity.order_by", "'m_score up' is not an order", ordered("m_score up")),
    ("AUD201", 9, "entry.capacity.order_by[1]", "is not a column", ordered("m_score desc, contry")),
    ("AUD204", 9, "entry.capacity.order_by[0]", "sensitive", ordered("gender")),
    ("AUD101", 9, "priority.rnak", "unknown key", SMALLEST + "priority: { group: slot, rnak: 1 }"),
    ("AUD100", 9, "priority.group", "is required", SMALLEST + "priority: { rank: 1 }"),
    (
        "AUD100",
        9,
        "program.next_after",
        "follows a step and is none",
        SMALLEST + "program: { name: cart, next_after: { step: 1, wait: 1d } }",
    ),
    (
        "AUD100",
        9,
        "program.next_after",
        "does not follow an earlier step",
        SMALLEST + "program: { name: cart, step: 2, next_after: { step: 2, wait: 1d } }",
    ),
    (
        "AUD103",
        8,
        "contact.frequency[0].per",
        "not a period of the calendar",
        capped(CAP.replace("1d", "2d")),
    ),
    (
        "AUD100",
        8,
        "contact.frequency[0].zone",
        "no zone",
        capped(CAP.replace("calendar", "rolling") + ", zone: recipient"),
    ),
    (
        "AUD100",
        8,
        "contact.frequency[0].scope",
        "must be 'audience'",
        capped(CAP.replace("all_marketing", "all")),
    ),
    (
        "AUD100",
        8,
        "contact",
        "a programme it does not have",
        capped(CAP.replace("all_marketing", "program")),
    ),
    (
        "AUD105",
        14,
        "experiment.arms",
        "is not a name for an arm",
        SMALLEST + EXPERIMENT.replace("holdout:", "global_holdout:"),
    ),
]


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: f"{wrong[0]}-{wrong[3][:30]}")
def test_a_wrong_definition(write: Write, wrong: tuple[str, int, str, str, str]) -> None:
    code, line, path, says, text = wrong
    definitions, problems = check_definitions(write(text), LANGUAGE)
    assert definitions == []
    assert (problems[0].code, problems[0].line, problems[0].path) == (code, line, path)
    assert says in problems[0].rule
    assert problems[0].fix


@pytest.mark.parametrize(
    "text",
    [
        SMALLEST + "program: cart",
        SMALLEST + "program: { name: cart }",
        SMALLEST + "entry: { min_match: 2d, max_stay: 45d, max_entries: 3 }",
        SMALLEST + "priority: { group: slot, rank: 0 }",
        ordered("m_score desc, country"),
        capped(CAP + ", zone: recipient"),
        capped(CAP.replace("all_marketing", "program"), "program: cart"),
        SMALLEST + EXPERIMENT + "  respects_global_holdout: false",
    ],
)
def test_a_sound_definition(write: Write, text: str) -> None:
    assert check_definitions(write(text), LANGUAGE)[1] == []


FOLLOWS = "next_after: { step: 1, wait: 2d }"
BACK = "entry: { reentry_after: 90d }"


@pytest.mark.parametrize(
    ("files", "says"),
    [
        (
            [SMALLEST + "priority: { group: slot, rank: 1 }",
             SMALLEST.replace("everybody", "second") + "priority: { group: slot, rank: 1 }"],
            "second.yml:9: AUD108 priority.rank: is the rank of everybody in the group slot too (got '1')",
        ),
        (
            [step("one", "step: 1"), step("two", "step: 1")],
            "two.yml:9: AUD108 program.step: is the step of one too (got '1')",
        ),
        (
            [step("one", "step: 1", BACK), step("two", f"step: 2, {FOLLOWS}"),
             step("three", "step: 3, next_after: { step: 1, wait: 4d }")],
            "three.yml:9: AUD108 program.next_after.wait: follows one after another wait than two (got '4d')",
        ),
        (
            [step("one", "step: 3"), step("two", f"step: 4, {FOLLOWS}")],
            "two.yml:9: AUD110 program.next_after.step: is not a step of the programme (got '1')",
        ),
        (
            [step("one", "step: 1", BACK + "\nstatus: draft"), step("two", f"step: 2, {FOLLOWS}")],
            "two.yml:9: AUD110 program.next_after.step: is a draft, which nobody enters (got '1')",
        ),
        (
            [step("one", "step: 1"), step("two", f"step: 2, {FOLLOWS}")],
            "one.yml:1: AUD100 entry: two follows, and who went through would begin again at once",
        ),
        (
            [step("one", "step: 1", EXPERIMENT),
             step("two", "step: 2", EXPERIMENT.replace("8999", "8998"))],
            "two.yml:14: AUD106 experiment.salt: is used by one.yml too (got '0123456789abcdef')",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_between_definitions(write: Write, files: list[str], says: str) -> None:
    for text in files:
        name = text.split("audience: ")[1].split("\n")[0]
        folder = write(text, f"{name}.yml")
    _, problems = check_definitions(folder, LANGUAGE)
    assert says in {str(problem) for problem in problems}
    assert all(problem.fix for problem in problems)


def test_steps_share_an_experiment_when_it_is_the_same(write: Write) -> None:
    write(step("one", "step: 1", BACK + "\n" + EXPERIMENT), "one.yml")
    folder = write(step("two", f"step: 2, {FOLLOWS}", EXPERIMENT), "two.yml")
    assert check_definitions(folder, LANGUAGE)[1] == []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "definitions"
    folder.mkdir()
    (folder / "everybody.yml").write_text(SMALLEST + EXPERIMENT)
    return folder


def test_without_a_file_nobody_is_withheld_from_everything(folder: Path) -> None:
    assert load_holdout(folder) is None


def test_the_global_holdout_is_read(folder: Path) -> None:
    (folder.parent / "global_holdout.yml").write_text(HOLDOUT)
    holdout = load_holdout(folder)
    assert holdout is not None
    assert (holdout.key, holdout.slots) == ("everything", (0, 499))
    assert check_definitions(folder, LANGUAGE)[1] == []


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("[0, 499]", "[0, 10000]", "global_holdout.yml:5: AUD105 slots: is not a range of slots"),
        ("fedcba9876543210", "fedc", "global_holdout.yml:4: AUD106 salt: is not a salt"),
        ("salt: fedcba9876543210\n", "", "global_holdout.yml:1: AUD106 salt: is required"),
        ("phase: 1", "phse: 1", "global_holdout.yml:3: AUD101 phse: unknown key `phse`"),
        ("fedcba9876543210", "0123456789abcdef", "everybody.yml:13: AUD106 experiment.salt: is that of the global"),
        ("everything", "some_test", "everybody.yml:11: AUD106 experiment.key: is that of the global holdout"),
    ],
)  # fmt: skip
def test_a_wrong_global_holdout(folder: Path, old: str, new: str, says: str) -> None:
    (folder.parent / "global_holdout.yml").write_text(HOLDOUT.replace(old, new))
    _, problems = check_definitions(folder, LANGUAGE)
    assert says in str(problems[0])
    assert problems[0].fix
    if "global_holdout.yml" in says:
        with pytest.raises(DefinitionError, match="AUD10"):
            load_holdout(folder)
