"""Conditions meet columns: what a condition may ask of a column, and the SQL it becomes.

Null is a decision. A comparison with a missing value is unknown, and unknown does not match, also
under `not`, unless the condition says `if_null: match`. So `not` is pushed down to the comparisons,
and only there is unknown decided.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Any

import yaml

from audiences.blocks import nearest
from audiences.conditions import All, Any_, Column, Condition, Not
from audiences.errors import InputError

Traits = Mapping[str, str]
"""Column of customer_traits -> its kind: text, number, day, instant, boolean or sensitive."""

KINDS = {
    "varchar": "text",
    "text": "text",
    "string": "text",
    "bigint": "number",
    "integer": "number",
    "int": "number",
    "double": "number",
    "float": "number",
    "decimal": "number",
    "numeric": "number",
    "date": "day",
    "timestamp": "instant",
    "boolean": "boolean",
}
ORDERED = {"eq", "in", "not_in", "gte", "gt", "lte", "lt", "between", "is_null"}
OPERATORS = {
    "text": {"eq", "in", "not_in", "is_null"},
    "boolean": {"eq", "is_null"},
    "number": ORDERED,
    "day": ORDERED,
    "instant": ORDERED,
}
FORMS = {
    "number": (r"-?\d{1,12}(\.\d{1,4})?", "a number such as 12 or 0.5"),
    "day": (r"\d{4}-\d{2}-\d{2}", "a day as YYYY-MM-DD"),
    "instant": (r"\d{4}-\d{2}-\d{2}( \d{2}:\d{2}:\d{2})?", "a UTC instant as YYYY-MM-DD HH:MM:SS"),
    "boolean": (r"true|false", "true or false"),
}
SYMBOLS = {"eq": "=", "gte": ">=", "gt": ">", "lte": "<=", "lt": "<"}
OPPOSITES = {"=": "<>", ">=": "<", ">": "<=", "<=": ">", "<": ">="}

Finding = tuple[str, tuple[Any, ...], str, str]
"""Code, path, rule and fix."""


def read_traits(traits_yml: Path) -> dict[str, str]:
    """The columns audiences may use and their kinds, from the contract of `customer_traits`.

    Raises:
        InputError: The contract is missing or has a type that no kind is known for.
    """
    try:
        models = yaml.safe_load(traits_yml.read_text(encoding="utf-8"))["models"]
        columns = next(model for model in models if model["name"] == "customer_traits")["columns"]
        return {column["name"]: _kind(column) for column in columns}
    except (OSError, KeyError, TypeError, StopIteration, yaml.YAMLError) as error:
        raise InputError(
            f"{traits_yml.name}: no columns of customer_traits with known types"
            f" ({type(error).__name__})",
            "restore the model's yml, with name and data_type for each column",
        ) from None


def _kind(column: dict[str, Any]) -> str:
    kind = KINDS[re.split(r"[ (]", column["data_type"].strip().lower())[0]]
    return "sensitive" if column.get("config", {}).get("meta", {}).get("sensitive") else kind


def check_condition(
    condition: Condition, path: tuple[Any, ...], traits: Traits
) -> Iterator[Finding]:
    """What is wrong with a condition, given the columns there are."""
    match condition:
        case All(all=parts):
            yield from _check_each(parts, (*path, "all"), traits)
        case Any_(any=parts):
            yield from _check_each(parts, (*path, "any"), traits)
        case Not(not_=part):
            yield from check_condition(part, (*path, "not"), traits)
        case Column():
            yield from _check_column(condition, path, traits)


def _check_each(
    parts: tuple[Condition, ...], path: tuple[Any, ...], traits: Traits
) -> Iterator[Finding]:
    return chain.from_iterable(
        check_condition(part, (*path, index), traits) for index, part in enumerate(parts)
    )


def _check_column(condition: Column, path: tuple[Any, ...], traits: Traits) -> Iterator[Finding]:
    operator, at_operator = condition.operator, (*path, condition.operator)
    if condition.column not in traits:
        fix = nearest(condition.column, traits)
        yield "AUD201", (*path, "column"), "is not a column of customer_traits", fix
        return
    kind = traits[condition.column]
    if kind == "sensitive":
        rule = "is a sensitive column, which may not decide whom an audience addresses"
        yield "AUD204", (*path, "column"), rule, "use another column"
        return
    if operator not in OPERATORS[kind]:
        fix = f"use one of {', '.join(sorted(OPERATORS[kind]))}"
        yield "AUD201", at_operator, f"does not fit {condition.column}, which is a {kind}", fix
        return
    bad = next((value for value in condition.values if not _has_form(value, kind)), None)
    if bad is not None:
        form = FORMS[kind][1] if kind in FORMS else "printable text of at most 500 characters"
        yield "AUD201", at_operator, f"does not fit {condition.column}, a {kind}", f"write {form}"
    elif operator == "between" and _sort_key(condition, 0, kind) > _sort_key(condition, 1, kind):
        yield "AUD206", at_operator, "the range is reversed, nobody can match", "swap the two"


def _has_form(value: str, kind: str) -> bool:
    if kind == "text":
        return len(value) <= 500 and value.isprintable()
    if not re.fullmatch(FORMS[kind][0], value, re.ASCII):
        return False
    return kind not in {"day", "instant"} or _is_instant(value)


def _is_instant(value: str) -> bool:
    day, _, time = value.partition(" ")
    try:
        date.fromisoformat(day)
    except ValueError:
        return False
    return not time or re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d", time) is not None


def _sort_key(condition: Column, index: int, kind: str) -> Any:
    value = condition.values[index]
    return Decimal(value) if kind == "number" else value


def to_sql(condition: Condition, traits: Traits, negated: bool = False) -> str:
    """The condition as portable SQL; null where it is unknown and no `if_null` decides.

    Args:
        condition: A condition that `check_condition` finds nothing wrong with.
        traits: The columns.
        negated: Whether an odd number of `not` stands above it.
    """
    match condition:
        case All(all=parts):
            return _join("or" if negated else "and", parts, traits, negated)
        case Any_(any=parts):
            return _join("and" if negated else "or", parts, traits, negated)
        case Not(not_=part):
            return to_sql(part, traits, not negated)
        case Column():
            compared = _compare(condition, traits[condition.column], negated)
            return f"coalesce({compared}, true)" if condition.if_null == "match" else compared


def _join(word: str, parts: tuple[Condition, ...], traits: Traits, negated: bool) -> str:
    if len(parts) == 1:
        return to_sql(parts[0], traits, negated)
    sides = [to_sql(part, traits, negated) for part in parts]
    inner = f"\n{word} ".join(sides).replace("\n", "\n    ")
    return f"(\n    {inner}\n)"


def _compare(condition: Column, kind: str, negated: bool) -> str:
    column, operator = condition.column, condition.operator
    values = [_literal(value, kind) for value in condition.values]
    if operator == "is_null":
        return f"{column} is {'not ' if negated is condition.is_null else ''}null"
    if operator in {"in", "not_in"}:
        word = "in" if (operator == "in") is not negated else "not in"
        return f"{column} {word} ({_wrap(values)})"
    if operator == "between":
        return f"{column} {'not between' if negated else 'between'} {values[0]} and {values[1]}"
    symbol = SYMBOLS[operator]
    return f"{column} {OPPOSITES[symbol] if negated else symbol} {values[0]}"


def _wrap(values: list[str]) -> str:
    """Values on one line, or one a line when they are many."""
    one_line = ", ".join(values)
    many = ",\n    ".join(values)
    return one_line if len(one_line) <= 60 else f"\n    {many}\n"


def _literal(value: str, kind: str) -> str:
    if kind == "text":
        return text_literal(value)
    if kind == "day":
        return f"cast('{value}' as date)"
    if kind == "instant":
        return f"cast('{value}' as timestamp)"
    return value


def text_literal(value: str) -> str:
    """A text literal that every engine and Jinja read as these characters.

    Quotes and backslashes mean different things to different engines, and braces mean something to
    Jinja, so these are written by their number.
    """
    pieces = re.findall(r"[^'\\{}]+|['\\{}]", value)
    spelled = [f"chr({ord(piece)})" if piece in "'\\{}" else f"'{piece}'" for piece in pieces]
    return " || ".join(spelled) or "''"
