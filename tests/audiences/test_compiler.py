"""What definitions become: SQL that means what the language says, and a folder that follows the definitions."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from audiences.compiler import compile_definitions
from audiences.errors import DefinitionError, InputError
from audiences.language.columns import text_literal
from audiences.language.conditions import All, Any_, Column, Condition, Not
from audiences.language.rules import read_closed_traits, read_traits, to_sql
from audiences.loader import load_definitions
from audiences.models.compiled import check_compiled, compile_to, read_names
from tests.audiences.conftest import EXPERIMENT, LANGUAGE, SMALLEST, TRAITS

Write = Callable[..., Path]
TYPES = {
    "text": "varchar",
    "number": "bigint",
    "day": "date",
    "instant": "timestamp",
    "boolean": "boolean",
    "sensitive": "varchar",
    "score": "double",
}
TABLE = ", ".join(f"{name} {TYPES[kind]}" for name, kind in TRAITS.items())

# A reference for the language: what a condition says of one person, written without SQL.


def holds(condition: Condition, person: Mapping[str, Any], negated: bool = False) -> bool:
    match condition:
        case All(all=parts):
            return (any if negated else all)(holds(part, person, negated) for part in parts)
        case Any_(any=parts):
            return (all if negated else any)(holds(part, person, negated) for part in parts)
        case Not(not_=part):
            return holds(part, person, not negated)
        case Column():
            seen = person[condition.column]
            if condition.operator == "is_null":
                return ((seen is None) is condition.is_null) is not negated
            if seen is None:
                return condition.if_null == "match"
            return compares(condition, seen) is not negated
    raise AssertionError(condition)


def compares(condition: Column, seen: Any) -> bool:
    values = [typed(value, TRAITS[condition.column]) for value in condition.values]
    first = values[0]
    return {
        "eq": lambda: seen == first,
        "in": lambda: seen in values,
        "not_in": lambda: seen not in values,
        "gte": lambda: seen >= first,
        "gt": lambda: seen > first,
        "lte": lambda: seen <= first,
        "lt": lambda: seen < first,
        "between": lambda: first <= seen <= values[-1],
    }[condition.operator]()


def typed(value: str, kind: str) -> Any:
    if kind == "number":
        return Decimal(value)
    if kind == "day":
        return date.fromisoformat(value)
    if kind == "instant":
        return datetime.fromisoformat(value)
    return value == "true" if kind == "boolean" else value


TEXTS = st.sampled_from(["DE", "O'Brien", "back\\slash", "{{ x }}", "{% y %}", "", "Türkçe", "NO"])
NUMBERS = st.sampled_from(["-1", "0", "1", "2.5", "7"])
DAYS = st.sampled_from(["2000-01-01", "2000-02-29"])
VALUES = {
    "country": TEXTS,
    "lifecycle_stage": TEXTS,
    "order_count": NUMBERS,
    "birth_date": DAYS,
    "created_at": st.sampled_from(["2026-01-01", "2026-01-01 12:00:00"]),
    "is_member": st.sampled_from(["true", "false"]),
}
IF_NULL = st.sampled_from([{}, {"if_null": "match"}, {"if_null": "no_match"}])


@st.composite
def leaves(draw: st.DrawFn) -> dict[str, Any]:
    column = draw(st.sampled_from(sorted(VALUES)))
    value = VALUES[column]
    kind = TRAITS[column]
    operators = ["eq", "is_null"] + (["in", "not_in"] if kind != "boolean" else [])
    if kind not in {"text", "boolean"}:
        operators += ["gte", "gt", "lte", "lt", "between"]
    operator = draw(st.sampled_from(operators))
    if operator == "is_null":
        return {"column": column, "is_null": draw(st.sampled_from(["true", "false"]))}
    operand: Any = draw(value)
    if operator in {"in", "not_in"}:
        operand = draw(st.lists(value, min_size=1, max_size=3))
    elif operator == "between":
        operand = sorted(
            draw(st.lists(value, min_size=2, max_size=2)), key=lambda v: typed(v, kind)
        )
    return {"column": column, operator: operand, **draw(IF_NULL)}


CONDITIONS = st.recursive(
    leaves(),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"all": parts}),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
        inner.map(lambda part: {"not": part}),
    ),
    max_leaves=6,
)


def person_of(values: dict[str, str | None]) -> dict[str, Any]:
    """A row of traits; order_count is whole, as in the warehouse."""
    person: dict[str, Any] = dict.fromkeys(TRAITS)
    for column, value in values.items():
        if value is not None:
            whole = value.partition(".")[0] if column == "order_count" else value
            person[column] = typed(whole, TRAITS[column])
    return person


PEOPLE = st.lists(
    st.fixed_dictionaries({name: st.none() | values for name, values in VALUES.items()}),
    min_size=1,
    max_size=5,
)


@settings(max_examples=150, deadline=None)
@given(raw=CONDITIONS, people=PEOPLE)
@example(raw={"not": {"column": "country", "eq": "DE"}}, people=[{"country": None}])
@example(raw={"not": {"column": "country", "not_in": ["DE"]}}, people=[{"country": None}])
def test_sql_means_what_the_language_says(
    raw: dict[str, Any], people: list[dict[str, str | None]]
) -> None:
    condition = Not.model_validate({"not": raw}).not_
    rows = [person_of(person) for person in people]
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"create table people (n bigint, {TABLE})")
        marks = ", ".join("?" for _ in TRAITS)
        for number, row in enumerate(rows):
            values = [float(v) if isinstance(v, Decimal) else v for v in row.values()]
            connection.execute(f"insert into people values (?, {marks})", [number, *values])
        sql = f"select coalesce({to_sql(condition, TRAITS)}, false) from people order by n"
        assert [row[0] for row in connection.execute(sql).fetchall()] == [
            holds(condition, row) for row in rows
        ]


@given(st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=20))
def test_a_literal_is_the_text_and_nothing_else(text: str) -> None:
    literal = text_literal(text)
    assert "{" not in literal
    assert "\\" not in literal
    assert duckdb.sql(f"select {literal}").fetchall() == [(text,)]


def test_a_score_is_compared_like_a_number() -> None:
    raw = {"score": "churn_risk", "between": ["0.5", "1"], "max_age": "7d", "if_null": "match"}
    score = Not.model_validate({"not": raw})
    assert to_sql(score, TRAITS) == "coalesce(churn_risk not between 0.5 and 1, true)"


def test_only_evaluated_audiences_are_asked_and_drafts_go_no_further(write: Write) -> None:
    for status in ("active", "paused", "retired", "draft"):
        text = SMALLEST.replace("everybody", f"is_{status}") + f"status: {status}\n"
        folder = write(text, f"is_{status}.yml")
    files = compile_definitions(load_definitions(folder, LANGUAGE), TRAITS)
    assert "is_active" in files["audience_matches.sql"]
    assert "is_paused" in files["audience_matches.sql"]
    assert "is_retired" not in files["audience_matches.sql"]
    assert "'is_retired'" in files["audience_settings.sql"]
    assert "audience__is_retired.sql" in files
    assert not [name for name, text in files.items() if "is_draft" in name + text]


def test_no_definitions_compile_to_empty_tables(tmp_path: Path) -> None:
    files = compile_definitions(load_definitions(tmp_path, LANGUAGE), TRAITS)
    assert "where 1 = 0" in files["audience_settings.sql"]
    assert "where 1 = 0" in files["audience_candidates.sql"]


CONTRACT = """\
models:
  - name: customer_traits
    columns:
      - { name: customer_id, data_type: varchar }
      - { name: order_count, data_type: bigint, data_tests: [not_null] }
      - name: value_tier
        data_type: varchar
        data_tests: [not_null, { accepted_values: { arguments: { values: [high, low] } } }]
      - { name: gender, data_type: varchar, config: { meta: { sensitive: true } } }
      - { name: churn_risk, data_type: double, config: { meta: { scored: true } } }
      - { name: spent_amount, data_type: "decimal(18,4)" }
"""


@pytest.fixture
def traits_yml(tmp_path: Path) -> Path:
    file = tmp_path / "contract" / "customer_traits.yml"
    file.parent.mkdir()
    file.write_text(CONTRACT)
    return file


def test_the_contract_gives_columns_their_kinds(traits_yml: Path) -> None:
    kinds = {
        "customer_id": "text",
        "order_count": "number",
        "value_tier": "text",
        "gender": "sensitive",
        "churn_risk": "score",
        "spent_amount": "number",
    }
    assert read_traits(traits_yml) == kinds
    assert read_closed_traits(traits_yml) == {"value_tier": {"high", "low"}}
    traits_yml.write_text(CONTRACT.replace("bigint", "geometry"))
    with pytest.raises(InputError, match="customer_traits"):
        read_traits(traits_yml)


def test_the_folder_follows_the_definitions(tmp_path: Path) -> None:
    definitions, models = tmp_path / "definitions", tmp_path / "models"
    definitions.mkdir()
    (definitions / "everybody.yml").write_text(SMALLEST + EXPERIMENT)
    arguments = (definitions, models, LANGUAGE)

    assert "audience__everybody.sql" in compile_to(*arguments).to_write
    (models / "audience_by_hand.sql").write_text("select 1")
    written = {file: file.stat().st_mtime_ns for file in models.iterdir()}
    assert check_compiled(*arguments).is_none
    assert compile_to(*arguments).to_write == ()
    assert {file: file.stat().st_mtime_ns for file in models.iterdir()} == written

    (definitions / "everybody.yml").unlink()
    (definitions / "somebody.yml").write_text(SMALLEST.replace("everybody", "somebody"))
    difference = check_compiled(*arguments)
    assert difference.to_delete == ("audience__everybody.sql", "audience__everybody.yml")
    assert (models / "audience__everybody.sql").exists()
    compile_to(*arguments)
    assert not (models / "audience__everybody.sql").exists()
    assert (models / "audience_by_hand.sql").read_text() == "select 1"


def test_a_wrong_definition_compiles_nothing(tmp_path: Path) -> None:
    definitions, models = tmp_path / "definitions", tmp_path / "models"
    definitions.mkdir()
    (definitions / "everybody.yml").write_text(SMALLEST + "colour: red")
    with pytest.raises(DefinitionError, match="AUD101"):
        compile_to(definitions, models, LANGUAGE)
    assert not models.exists()


def test_a_model_written_by_hand_is_not_replaced(tmp_path: Path) -> None:
    definitions, models = tmp_path / "definitions", tmp_path / "models"
    definitions.mkdir()
    models.mkdir()
    (models / "audience_matches.sql").write_text("select 1")
    with pytest.raises(DefinitionError, match="written by hand"):
        compile_to(definitions, models, LANGUAGE)


def test_names_come_from_a_seed(tmp_path: Path) -> None:
    seed = tmp_path / "consent_purposes.csv"
    seed.write_text("purpose,description\nnewsletter,News\n")
    assert read_names(seed, "purpose") == {"newsletter"}
    with pytest.raises(InputError, match="no seed with a column `metric`"):
        read_names(seed, "metric")
    with pytest.raises(InputError, match="no seed"):
        read_names(tmp_path / "nothing.csv", "purpose")
