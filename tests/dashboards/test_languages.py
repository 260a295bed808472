from datetime import date

import pytest

from dashboards.languages import LANGUAGES, Language

MINUS, DASH = "\N{MINUS SIGN}", "\N{EN DASH}"


def keys(tree: object, path: str = "") -> set[str]:
    if isinstance(tree, dict):
        return {one for key, value in tree.items() for one in keys(value, f"{path}.{key}")}
    if isinstance(tree, list):
        return {f"{path}[{len(tree)}]"}
    return {path}


def test_every_language_has_the_same_keys():
    english = keys(Language("en").words)
    for code in LANGUAGES:
        assert keys(Language(code).words) == english


@pytest.mark.parametrize(
    ("value", "form", "english", "turkish"),
    [
        (1234567, "integer", "1,234,567", "1.234.567"),
        (0.26576, "percent", "26.6%", "%26,6"),
        (1.645, "decimal", "1.65", "1,65"),
        (-12.5, "score", f"{MINUS}13", f"{MINUS}13"),
        (-0.2, "score", "0", "0"),
        (None, "percent", DASH, DASH),
    ],
)
def test_numbers_are_written_as_each_language_writes_them(value, form, english, turkish):
    assert Language("en").value(value, form) == english
    assert Language("tr").value(value, form) == turkish


def test_days_are_written_in_words():
    assert Language("en").day(date(2026, 3, 31)) == "31 March 2026"
    assert Language("tr").day(date(2026, 8, 1)) == "1 Ağustos 2026"
    assert Language("tr").month(date(2026, 2, 1)) == "Şub 2026"
