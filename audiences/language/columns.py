"""What a condition may ask of a column of customer_traits, and the SQL a comparison becomes."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from audiences.language.blocks import nearest
from audiences.language.conditions import Column, Score

Traits = Mapping[str, str]
"""Column of customer_traits -> its kind: text, number, score, day, instant, boolean or sensitive."""

Closed = Mapping[str, Collection[str]]
"""Column -> the only values it ever has, for the columns that have a closed list of them."""

ORDERED = {"eq", "in", "not_in", "gte", "gt", "lte", "lt", "between", "is_null"}
OPERATORS = {
    "text": {"eq", "in", "not_in", "is_null"},
    "boolean": {"eq", "is_null"},
    "number": ORDERED,
    "score": ORDERED,
    "day": ORDERED,
    "instant": ORDERED,
}
NUMBERS = {"number", "score"}
ORDERED_KINDS = NUMBERS | {"day", "instant"}
NUMBER_FORM = (r"-?\d{1,12}(\.\d{1,4})?", "a number such as 12 or 0.5")
FORMS = {
    "number": NUMBER_FORM,
    "score": NUMBER_FORM,
    "day": (r"\d{4}-\d{2}-\d{2}", "a day as YYYY-MM-DD"),
    "instant": (r"\d{4}-\d{2}-\d{2}( \d{2}:\d{2}:\d{2})?", "a UTC instant as YYYY-MM-DD HH:MM:SS"),
    "boolean": (r"true|false", "true or false"),
}
SYMBOLS = {"eq": "=", "gte": ">=", "gt": ">", "lte": "<=", "lt": "<"}
OPPOSITES = {"=": "<>", ">=": "<", ">": "<=", "<=": ">", "<": ">="}

SENSITIVE_FIX = "use another column; a purpose may use those its row in consent_purposes.csv names"

Finding = tuple[str, tuple[Any, ...], str, str]
"""Code, path, rule and fix."""


def check_column(
    condition: Column, path: tuple[Any, ...], traits: Traits, closed: Closed
) -> Iterator[Finding]:
    """What is wrong with a condition on a column, given the columns there are and the values of closed ones."""
    operator, at_operator = condition.operator, (*path, condition.operator)
    at_column = (*path, condition.key)
    if isinstance(condition, Score) and traits.get(condition.column) != "score":
        scores = [name for name, kind in traits.items() if kind == "score"]
        yield "AUD110", at_column, "is not a score", nearest(condition.column, scores)
        return
    if condition.column not in traits:
        fix = nearest(condition.column, traits)
        yield "AUD201", at_column, "is not a column of customer_traits", fix
        return
    kind = traits[condition.column]
    if kind == "sensitive":
        rule = "is a sensitive column, which this purpose may not use"
        yield "AUD204", at_column, rule, SENSITIVE_FIX
        return
    if operator not in OPERATORS[kind]:
        fix = f"use one of {', '.join(sorted(OPERATORS[kind]))}"
        yield "AUD201", at_operator, f"does not fit {condition.column}, which is a {kind}", fix
        return
    bad = next((value for value in condition.values if not has_form(value, kind)), None)
    if bad is not None:
        form = FORMS[kind][1] if kind in FORMS else "printable text of at most 500 characters"
        yield "AUD201", at_operator, f"does not fit {condition.column}, a {kind}", f"write {form}"
    elif operator == "between" and _sort_key(condition, 0, kind) > _sort_key(condition, 1, kind):
        yield "AUD206", at_operator, "the range is reversed, nobody can match", "swap the two"
    for value in condition.values:
        yield from check_value(condition.column, value, at_operator, closed)


def check_value(
    column: str, value: str, path: tuple[Any, ...], closed: Closed
) -> Iterator[Finding]:
    """What is wrong with a value of a column that has a closed list of them."""
    if column in closed and value not in closed[column]:
        yield "AUD201", path, f"{column} is never `{value}`", nearest(value, closed[column])


def has_form(value: str, kind: str) -> bool:
    """Whether a value is written as its kind is."""
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
    return Decimal(value) if kind in NUMBERS else value


def compare(condition: Column, kind: str, negated: bool) -> str:
    """The comparison as SQL, null where the column is; negated under an odd number of `not`."""
    column, operator = condition.column, condition.operator
    if operator == "is_null":
        return f"{column} is {'not ' if negated is condition.is_null else ''}null"
    return compare_with(column, operator, [literal(v, kind) for v in condition.values], negated)


def compare_with(column: str, operator: str, values: Sequence[str], negated: bool) -> str:
    """A column compared with literals, as SQL."""
    if operator in {"in", "not_in"}:
        word = "in" if (operator == "in") is not negated else "not in"
        return f"{column} {word} ({on_lines(values)})"
    if operator == "between":
        return f"{column} {'not between' if negated else 'between'} {values[0]} and {values[1]}"
    symbol = SYMBOLS[operator]
    return f"{column} {OPPOSITES[symbol] if negated else symbol} {values[0]}"


def on_lines(values: Sequence[str]) -> str:
    """Values on one line, or one a line when they are many."""
    one_line = ", ".join(values)
    many = ",\n    ".join(values)
    return one_line if len(one_line) <= 60 else f"\n    {many}\n"


def literal(value: str, kind: str) -> str:
    """A value that has the form of its kind, as a literal."""
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
