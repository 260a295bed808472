"""Conditions meet the warehouse: what they may ask of it, and the SQL they become.

Null is a decision. A comparison with a missing value is unknown, and unknown does not match, also
under `not`, unless the condition says `if_null: match`. So `not` is pushed down to the comparisons,
and only there is unknown decided.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from audiences.errors import InputError
from audiences.language.columns import Closed, Finding, Traits, check_column, compare, compare_with
from audiences.language.conditions import (
    All,
    Any_,
    Column,
    Condition,
    HoldsOffer,
    InAudience,
    Leaf,
    Not,
)
from audiences.language.events import Event
from audiences.language.expressions import check_expression, write_expression
from audiences.language.sql_block import Sql

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


def read_traits(traits_yml: Path) -> dict[str, str]:
    """The columns audiences may use and their kinds, from the contract of `customer_traits`.

    Raises:
        InputError: The contract is missing or has a type that no kind is known for.
    """
    return {
        name: "sensitive" if is_sensitive else kind
        for name, kind, is_sensitive, _ in _read_columns(traits_yml)
    }


def read_sensitive_traits(traits_yml: Path) -> dict[str, str]:
    """The sensitive columns and their kinds, for the purposes that may use them."""
    return {name: kind for name, kind, is_sensitive, _ in _read_columns(traits_yml) if is_sensitive}


def read_closed_traits(traits_yml: Path) -> dict[str, frozenset[str]]:
    """The columns that hold one of a few values, by an accepted_values test of the contract."""
    return {name: values for name, *_, values in _read_columns(traits_yml) if values}


def _read_columns(traits_yml: Path) -> list[tuple[str, str, bool, frozenset[str]]]:
    try:
        models = yaml.safe_load(traits_yml.read_text(encoding="utf-8"))["models"]
        columns = next(model for model in models if model["name"] == "customer_traits")["columns"]
        return [_read_column(column) for column in columns]
    except (OSError, KeyError, TypeError, StopIteration, yaml.YAMLError) as error:
        raise InputError(
            f"{traits_yml.name}: no columns of customer_traits with known types"
            f" ({type(error).__name__})",
            "restore the model's yml, with name and data_type for each column",
        ) from None


def _read_column(column: dict[str, Any]) -> tuple[str, str, bool, frozenset[str]]:
    """Name, kind, whether it is sensitive, and its values where they are a closed list."""
    kind = KINDS[re.split(r"[ (]", column["data_type"].strip().lower())[0]]
    meta = column.get("config", {}).get("meta", {})
    values = frozenset(
        str(value)
        for test in column.get("data_tests", [])
        if isinstance(test, dict) and "accepted_values" in test
        for value in test["accepted_values"]["arguments"]["values"]
    )
    kind = "score" if meta.get("scored") else kind
    return column["name"], kind, bool(meta.get("sensitive")), values


def leaves(
    condition: Condition, path: tuple[Any, ...] = ()
) -> Iterator[tuple[Leaf, tuple[Any, ...]]]:
    """The conditions below all, any and not, each with its path."""
    match condition:
        case All(all=parts):
            for index, part in enumerate(parts):
                yield from leaves(part, (*path, "all", index))
        case Any_(any=parts):
            for index, part in enumerate(parts):
                yield from leaves(part, (*path, "any", index))
        case Not(not_=part):
            yield from leaves(part, (*path, "not"))
        case leaf:
            yield leaf, path


def check_condition(
    condition: Condition, path: tuple[Any, ...], traits: Traits, closed: Closed
) -> Iterator[Finding]:
    """What is wrong with a condition, given the columns there are and the values of closed ones."""
    for leaf, at in leaves(condition, path):
        match leaf:
            case Column():
                yield from check_column(leaf, at, traits, closed)
            case Sql():
                yield from check_expression(leaf, at, traits)


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
        case leaf:
            return _leaf_sql(leaf, traits, negated)


def _leaf_sql(leaf: Leaf, traits: Traits, negated: bool) -> str:
    match leaf:
        case Column():
            return _known(compare(leaf, traits[leaf.column], negated), leaf.if_null)
        case Sql():
            return _known(write_expression(leaf.sql, traits, negated), leaf.if_null)
        case Event(count=count):
            numbers = [str(number) for number in count.values]
            return compare_with(leaf.column, count.operator, numbers, negated)
        case InAudience(names=names):
            flags = " or ".join(was_in(name) for name in names.values())
            one = f"({flags})" if len(names) > 1 else flags
            return f"not {one}" if negated else one
        case HoldsOffer(offers_active=wanted):
            return HOLDS_OFFER if wanted is not negated else f"not {HOLDS_OFFER}"


HOLDS_OFFER = "holds_offer"
"""The column of audience_matches' input that says who holds an offer."""


def was_in(audience: str) -> str:
    """The column of audience_matches' input that says who was in an audience the day before."""
    return f"was_in__{audience}"


def _known(compared: str, if_null: str | None) -> str:
    return f"coalesce({compared}, true)" if if_null == "match" else compared


def _join(word: str, parts: tuple[Condition, ...], traits: Traits, negated: bool) -> str:
    if len(parts) == 1:
        return to_sql(parts[0], traits, negated)
    sides = [to_sql(part, traits, negated) for part in parts]
    inner = f"\n{word} ".join(sides).replace("\n", "\n    ")
    return f"(\n    {inner}\n)"
