"""Every code of the docs is raised somewhere and tested somewhere, and no other is raised."""

import re
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODE = re.compile(r"AUD\d{3}")
WITHHELD_BY_SYNCS = "AUD307"  # what becomes of it is in tests/reverse_etl/test_sync.py


def codes_in(files: Iterable[Path]) -> set[str]:
    return {code for file in files for code in CODE.findall(file.read_text(encoding="utf-8"))}


def test_codes_are_documented_raised_and_tested() -> None:
    page = (ROOT / "docs" / "audiences.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| (AUD\d{3}) \|", page, re.MULTILINE)
    assert listed == sorted(set(listed))
    expected = set(listed) - {WITHHELD_BY_SYNCS}
    assert codes_in((ROOT / "audiences").rglob("*.py")) == expected
    tests = set((ROOT / "tests").rglob("*.py")) - {Path(__file__)}
    assert codes_in(tests) >= expected
