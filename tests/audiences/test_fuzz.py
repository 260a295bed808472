"""Definitions by chance, sound and broken: never a traceback, and what is sound runs on any row."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audiences.loader import check_definitions
from tests.audiences.conftest import LANGUAGE, SMALLEST, TRAITS
from tests.audiences.dbt_sql import STATE, WAIST, compiled
from tests.audiences.test_compiler import CONDITIONS, TABLE

# Expressions of a kind, mostly; what is in WRONG turns up anywhere.

WRONG = st.sampled_from(
    "contry gender now() random() (select_1) 'open 1e99 null count(*) max(m_score) ; -- /* "
    "x::int cast(country/as/date) t.country array[1] '\\' {{x}} $1 interval/1/day".replace(
        "/", " "
    ).split(" ")
)


def _or_wrong(right: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.integers(0, 40).flatmap(lambda chance: right if chance else WRONG)


def _combined(template: str, *parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map(lambda texts: template.format(*texts))


NUMBER = st.recursive(
    _or_wrong(
        st.sampled_from(
            ["order_count", "m_score", "churn_risk", "0", "1", "2.5", "999999999999.9999"]
        )
    ),
    lambda inner: st.one_of(
        *(_combined(f"{{}} {symbol} {{}}", inner, inner) for symbol in "+-*/"),
        *(_combined(f"{name}({{}})", inner) for name in ("abs", "ceil", "floor", "-", "")),
        *(
            _combined(f"{name}({{}}, {{}})", inner, inner)
            for name in ("coalesce", "nullif", "greatest", "least")
        ),
    ),
    max_leaves=5,
)
TEXT = st.recursive(
    _or_wrong(st.sampled_from(["country", "lifecycle_stage", "'DE'", "'it''s {{ x }}'", "''"])),
    lambda inner: st.one_of(
        *(_combined(f"{name}({{}})", inner) for name in ("lower", "upper", "trim")),
        _combined("coalesce({}, {})", inner, inner),
    ),
    max_leaves=3,
)
DAY = _or_wrong(st.sampled_from(["birth_date", "date '2000-02-29'", "date '0001-01-01'"]))
INSTANT = _or_wrong(st.sampled_from(["created_at", "timestamp '2026-01-01 12:00:00'"]))
SYMBOLS = ("=", "<>", "<", "<=", ">", ">=")
BOOLEAN = st.recursive(
    st.one_of(
        _or_wrong(st.sampled_from(["is_member", "true"])),
        *(
            _combined(f"{{}} {symbol} {{}}", kind, kind)
            for kind in (NUMBER, DAY, INSTANT)
            for symbol in SYMBOLS
        ),
        _combined("{} = {}", TEXT, TEXT),
        _combined("length({}) > {}", TEXT, NUMBER),
        _combined("{} not in ({}, {})", TEXT, TEXT, TEXT),
        _combined("{} between {} and {}", NUMBER, NUMBER, NUMBER),
        _combined("{} is null", st.one_of(TEXT, NUMBER, DAY)),
        _combined("case when {} > 1 then {} else {} end = 1", NUMBER, NUMBER, NUMBER),
    ),
    lambda inner: st.one_of(
        *(_combined(template, inner, inner) for template in ("{} and {}", "({} or {}) = true")),
        *(_combined(template, inner) for template in ("not {}", "({}) is not null")),
    ),
    max_leaves=4,
)


@st.composite
def expressions(draw: st.DrawFn) -> str:
    """Hides from error messages how long the strategy is."""
    return draw(BOOLEAN)


IDS = st.sampled_from(["p1", "it's", "{x}", "", "\\"])
COUNTS = st.dictionaries(
    st.sampled_from(["eq", "gte", "gt", "lte", "lt"]),
    st.integers(-1, 4).map(str),
    min_size=1,
    max_size=1,
)
EVENTS = st.fixed_dictionaries(
    {"event": st.sampled_from(["order_completed", "Email clicked", "it's", "x" * 90, "ş", ""])},
    optional={
        "count": st.one_of(
            COUNTS, st.lists(st.integers(0, 3).map(str), max_size=3).map(lambda b: {"between": b})
        ),
        "within": st.sampled_from(["1d", "365d", "9999d", "0d", "2w"]),
        "where": st.fixed_dictionaries(
            {}, optional={"product_id": IDS | st.lists(IDS, max_size=2), "campaign_id": IDS}
        ),
    },
)
NAMES = st.sampled_from(["everybody", "second", "third", "thrid"])
LEAVES = st.one_of(
    CONDITIONS,
    EVENTS,
    st.fixed_dictionaries(
        {"sql": expressions(), "reason": st.just("tried")},
        optional={"if_null": st.sampled_from(["match", "no_match"])},
    ),
    st.builds(lambda name: {"audience": name}, NAMES),
    st.builds(lambda names: {"audiences": names}, st.lists(NAMES, max_size=2)),
    st.fixed_dictionaries(
        {"score": st.sampled_from(["churn_risk", "churn_risk", "order_count"])},
        optional={"gte": st.sampled_from(["0.5", "much"]), "max_age": st.just("7d")},
    ),
    st.dictionaries(st.sampled_from(["event", "sql", "any", "count", "of"]), st.none() | NAMES),
    st.none() | st.text(max_size=5),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: {"all": parts}),
        st.lists(inner, max_size=3).map(lambda parts: {"any": parts}),
        inner.map(lambda part: {"not": part}),
    ),
    max_leaves=4,
)
FOLDERS = st.fixed_dictionaries(
    {"everybody": TREES},
    optional={"second": LEAVES, "third": CONDITIONS},
)
PEOPLE = [
    ("a", "DE", "active", 3, 2, "1990-01-01", "2026-01-01", True, "f", 0.5),
    ("b", "it's", "", 0, -(2**62), "0001-01-01", "1900-01-01", False, None, 1.0),
    ("c", *[None] * 9),
    ("d", "", "churned", 2**62, 0, "9999-12-31", "2026-01-01", None, None, 0.0),
]


def definitions_of(conditions: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Each condition as `match` of one definition; the first one's also as its `exclude`."""
    for name, condition in conditions.items():
        whole = yaml.safe_load(SMALLEST.replace("everybody", name))
        whole |= {"match": condition, "version": "1", "evergreen": "true"}
        if name == "everybody":
            whole["exclude"] = condition
        yield f"{name}.yml", json.dumps(whole)  # which is YAML, without aliases


def survives(folder: Path, conditions: dict[str, Any]) -> None:
    """The loader finds fault in plain words, or the models run."""
    for file in folder.glob("*.yml"):
        file.unlink()
    for name, text in definitions_of(conditions):
        (folder / name).write_text(text, encoding="utf-8")
    definitions, problems = check_definitions(folder, LANGUAGE)
    for problem in problems:
        assert problem.code in str(problem)
        assert problem.rule
        assert problem.fix
    if problems:
        return
    with duckdb.connect(":memory:") as warehouse:
        for schema in ("activation", "staging", "audiences"):
            warehouse.execute(f"create schema {schema}")
        events = WAIST["customer_events"]
        warehouse.execute(f"create table activation.customer_traits ({TABLE})")
        warehouse.execute(f"create table activation.customer_events ({events})")
        warehouse.execute(f"create table staging.stg_state__memberships ({STATE['memberships']})")
        marks = ", ".join("?" for _ in TRAITS)
        warehouse.executemany(f"insert into activation.customer_traits values ({marks})", PEOPLE)
        models = compiled(folder, LANGUAGE)
        for name in ("audience_event_counts", "audience_matches", "audience_candidates"):
            relation = f'"audiences"."{name}"'
            warehouse.execute(f"create table {relation} as {models[relation]}")
        rows = warehouse.execute("select * from audiences.audience_matches").fetchall()
    assert len(rows) == len(PEOPLE)
    assert {value for row in rows for value in row[1:]} <= {True, False}
    assert len(definitions) == len(conditions)


FUZZ = {
    "deadline": None,
    "suppress_health_check": list(HealthCheck),
    # The same ones each time, so that a change is judged by what it does; others by chance with the variable set.
    "derandomize": "PERENNIAL_FUZZ" not in os.environ,
}


@settings(max_examples=200, **FUZZ)
@given(conditions=FOLDERS)
def test_definitions_by_chance(tmp_path: Path, conditions: dict[str, Any]) -> None:
    survives(tmp_path, conditions)


@settings(max_examples=200, **FUZZ)
@given(sql=expressions())
def test_expressions_by_chance(tmp_path: Path, sql: str) -> None:
    survives(tmp_path, {"everybody": {"sql": sql, "reason": "tried"}})


@pytest.mark.slow
@settings(max_examples=700, **FUZZ)
@given(conditions=FOLDERS)
def test_thousands_of_definitions_by_chance(tmp_path: Path, conditions: dict[str, Any]) -> None:
    survives(tmp_path, conditions)


@pytest.mark.slow
@settings(max_examples=700, **FUZZ)
@given(sql=expressions() | st.text(max_size=30))
def test_thousands_of_expressions_by_chance(tmp_path: Path, sql: str) -> None:
    survives(tmp_path, {"everybody": {"sql": sql, "reason": "tried"}})
