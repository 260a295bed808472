"""`guardrails` in a definition: what it may say, and what is wrong with it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from audiences.loader import check_definitions, load_definitions
from tests.audiences.conftest import LANGUAGE, SMALLEST

Write = Callable[..., Path]
WRONG = [
    ("AUD101", "guardrails.chang", "unknown key", "chang: {}", "did you mean `change`?"),
    ("AUD101", "guardrails.overlap.shares", "unknown key", "overlap: { shares: 1 }", "`max_share`"),
    ("AUD100", "guardrails.overlap.max_share", "is required", "overlap: { with: other }", "add it"),
    ("AUD100", "guardrails.overlap.max_share", "less than or equal", "overlap: { with: other, max_share: 10 }", ""),
    ("AUD100", "guardrails.overlap.with", "not a name", "overlap: { with: Other, max_share: 1 }", ""),
    ("AUD110", "guardrails.overlap.with", "not an audience", "overlap: { with: othr, max_share: 1 }", "`other`"),
    ("AUD110", "guardrails.overlap.with", "a draft", "overlap: { with: hidden, max_share: 1 }", "make it active"),
    ("AUD110", "guardrails.overlap.with", "itself", "overlap: { with: everybody, max_share: 1 }", "another audience"),
    ("AUD100", "guardrails.on_breach", "must be 'keep_last_and_alert'", "on_breach: send_anyway", ""),
    ("AUD100", "guardrails.change.baseline", "must be 'last' or 'median_last_7'", "change: { baseline: mean }", ""),
    ("AUD100", "guardrails.change.max_growth", "greater than or equal to 0", "change: { max_growth: -1 }", ""),
]  # fmt: skip


@pytest.fixture
def folder(write: Write) -> Write:
    """A folder with another audience and a draft beside the one that is written."""
    write(SMALLEST.replace("everybody", "other"), "other.yml")
    write(SMALLEST.replace("everybody", "hidden") + "status: draft", "hidden.yml")
    return write


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: f"{wrong[0]}-{wrong[3]}")
def test_wrong_guardrails(folder: Write, wrong: tuple[str, str, str, str, str]) -> None:
    code, path, says, text, fix = wrong
    _, [problem, *_] = check_definitions(folder(SMALLEST + f"guardrails: {{ {text} }}\n"), LANGUAGE)
    assert (problem.code, problem.where, problem.path) == (code, "everybody.yml:9", path)
    assert says in problem.rule
    assert fix in problem.fix


def test_two_audiences_may_guard_against_each_other(folder: Write) -> None:
    guard = (
        "guardrails: {{ overlap: {{ with: {}, max_share: 0.0 }}, on_breach: keep_last_and_alert }}"
    )
    folder(SMALLEST.replace("everybody", "other") + guard.format("everybody"), "other.yml")
    definitions = load_definitions(folder(SMALLEST + guard.format("other")), LANGUAGE)
    compared = {d.audience: d.guardrails.overlap for d in definitions}
    assert {name: overlap and overlap.other for name, overlap in compared.items()} == {
        "everybody": "other",
        "hidden": None,
        "other": "everybody",
    }
