"""docs/coverage.md: a line for every concept, and every name on the page exists."""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
DBT = ROOT / "dbt_project"
FAMILIES = {
    **{"L": 14, "S": 15, "P": 8, "A": 12, "M": 17},
    **{"C1": 5, "C2": 5, "C3": 5, "C4": 5, "C5": 5, "C6": 5, "I": 8, "G": 9},
    **{"F1": 6, "F2": 5, "F3": 5, "F4": 4, "F5": 5},
}
NO_DATA = "no data in the contract"


def lines() -> dict[str, tuple[str, str]]:
    rows = re.findall(
        r"^\| ([A-Z][0-9.]+) \| [^|]+ \| ([^|]+) \|([^|]*)\|$",
        (ROOT / "docs" / "coverage.md").read_text(),
        re.MULTILINE,
    )
    assert len(rows) == len({identity for identity, _, _ in rows})
    return {identity: (where, test) for identity, where, test in rows}


def models() -> dict[str, set[str]]:
    """`schema.model` of every mart with its described columns."""
    found = {}
    for path in (DBT / "models" / "marts").rglob("*.yml"):
        [model] = yaml.safe_load(path.read_text())["models"]
        found[f"{path.parent.name}.{model['name']}"] = {c["name"] for c in model["columns"]}
    return found


def known_tests() -> set[str]:
    names = {path.stem for path in (DBT / "tests").glob("*.sql")}
    for path in (DBT / "models").rglob("*.yml"):
        names |= set(re.findall(r"name: ((?:test|assert)_\w+)", path.read_text()))
    for path in (ROOT / "tests").rglob("test_*.py"):
        names |= set(re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE))
    return names


def exists(name: str, known: dict[str, set[str]]) -> bool:
    schema, _, rest = name.partition(".")
    if "/" in name:
        return (ROOT / name).exists()
    if schema == "audiences":
        return (ROOT / "audiences" / "definitions" / f"{rest}.yml").exists()
    if schema == "seeds":
        return (DBT / "seeds" / f"{rest}.csv").exists()
    model, _, column = rest.partition(".")
    return f"{schema}.{model}" in known and (not column or column in known[f"{schema}.{model}"])


def test_every_concept_has_a_line() -> None:
    expected = {
        f"{family}{'.' if len(family) == 2 else ''}{number}"
        for family, count in FAMILIES.items()
        for number in range(1, count + 1)
    }
    assert set(lines()) == expected


def test_every_line_names_what_exists() -> None:
    known, unknown = models(), {}
    for identity, (where, _) in lines().items():
        named = re.findall(r"`([^`]*[./][^`]*)`", where)
        assert named or where.strip() == NO_DATA, identity
        if missing := [name for name in named if not exists(name, known)]:
            unknown[identity] = missing
    assert unknown == {}


def test_every_line_names_its_test() -> None:
    known, unknown = known_tests(), {}
    for identity, (where, test) in lines().items():
        named = re.findall(r"`(\w+)`", test)
        assert named or where.strip() == NO_DATA, identity
        if missing := [name for name in named if name not in known]:
            unknown[identity] = missing
    assert unknown == {}
