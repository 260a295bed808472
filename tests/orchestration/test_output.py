"""Tables for people, on wide and narrow terminals."""

from io import StringIO

import pytest
from rich.console import Console

from orchestration.cli.output import fitted, tabled

COLUMNS = ["audience", "people", "held out", "reach"]
ROWS = [
    ["engagement_interest_content", 1234567, 100000, "email 1,134,567, push 100,000"],
    ["loyal_offer", 12, None, "email 12"],
]


def printed(width: int) -> list[str]:
    console = Console(file=StringIO(), width=width)
    console.print(fitted(tabled("Audiences", COLUMNS, ROWS), console))
    return console.file.getvalue().splitlines()  # type: ignore[attr-defined]


def test_a_wide_terminal_shows_lines() -> None:
    assert printed(100)[1].startswith("┏")
    assert printed(100)[4].split("│")[1:3] == [" engagement_interest_content ", " 1,234,567 "]


@pytest.mark.parametrize("width", [60, 70])
def test_a_narrow_one_folds_text_and_no_name(width: int) -> None:
    lines = printed(width)
    assert max(map(len, lines)) <= width
    row = next(line for line in lines if line.startswith("engagement"))
    assert row.split()[:3] == ["engagement_interest_content", "1,234,567", "100,000"]
    assert "out" in lines[2].split()  # the header, word by word


def test_one_too_narrow_for_names_folds_them_and_no_number() -> None:
    lines = printed(40)
    assert max(map(len, lines)) <= 40
    assert sum("1,234,567" in line and "100,000" in line for line in lines) == 1
    assert "engagement_interest_content" not in "".join(lines)
