"""A condition asked of one person: every part with the value it saw and its verdict.

Unknown is decided as rules.py decides it: a missing value counts against the match, under `not` too, unless
`if_null` says otherwise.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import duckdb
import sqlglot
from sqlglot import exp

from audiences.language.columns import Traits, compare, compare_with, text_literal
from audiences.language.conditions import (
    All,
    Any_,
    Column,
    Condition,
    HoldsOffer,
    InAudience,
    Leaf,
    Not,
    Score,
)
from audiences.language.events import Event
from audiences.language.expressions import DIALECT, write_expression
from audiences.language.sql_block import Sql
from audiences.models.model_text import in_duckdb

PRIVATE = frozenset({"email", "phone", "first_name", "last_name"})
SYMBOLS = {"eq": "is", "gte": "at least", "gt": "more than", "lte": "at most", "lt": "less than"}


@dataclass(frozen=True)
class Node:
    """One part of a condition and what it found.

    Attributes:
        asked: What the part asks, in words; `all`, `any` or `not` where it joins others.
        holds: Whether it holds, as decided.
        saw: The values it saw; empty where it joins others.
        unknown: How a missing value was decided; none where nothing was missing.
        parts: What it joins.
    """

    asked: str
    holds: bool
    saw: Mapping[str, Any]
    unknown: str | None = None
    parts: tuple["Node", ...] = ()

    @property
    def verdict(self) -> str:
        """The verdict in a word or two."""
        return self.unknown or ("holds" if self.holds else "does not hold")


class Asker:
    """Asks conditions of one person in a warehouse."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, traits: Traits, customer_id: str, as_of: date
    ) -> None:
        self._connection, self._traits = connection, traits
        self._customer_id, self._as_of = customer_id, as_of

    def ask(self, condition: Condition, negated: bool = False) -> Node:
        """The verdict of a condition, with all its parts.

        Args:
            condition: A sound condition.
            negated: Whether an odd number of `not` stands above it.
        """
        match condition:
            case All(all=parts):
                nodes = tuple(self.ask(part, negated) for part in parts)
                return Node("all", all(node.holds for node in nodes), {}, parts=nodes)
            case Any_(any=parts):
                nodes = tuple(self.ask(part, negated) for part in parts)
                return Node("any", any(node.holds for node in nodes), {}, parts=nodes)
            case Not(not_=part):
                node = self.ask(part, not negated)
                return Node("not", not node.holds, {}, parts=(node,))
            case leaf:
                return self._leaf(leaf, negated)

    def _leaf(self, leaf: Leaf, negated: bool) -> Node:
        raw, saw = self._found(leaf)
        if raw is not None:
            return Node(asked(leaf), raw, saw)
        matches = getattr(leaf, "if_null", None) == "match"
        said = f"counts as {'a' if matches else 'no'} match"
        how = " (if_null)" if getattr(leaf, "if_null", None) else ""
        return Node(asked(leaf), matches is not negated, saw, unknown=f"unknown: {said}{how}")

    def _found(self, leaf: Leaf) -> tuple[bool | None, dict[str, Any]]:
        """What the leaf says of the person, null where unknown, and the values it is said of."""
        match leaf:
            case Column():
                kind = self._traits[leaf.column]
                return self._trait(compare(leaf, kind, negated=False), [leaf.column])
            case Sql():
                columns = _columns_in(leaf.sql)
                return self._trait(write_expression(leaf.sql, self._traits, False), columns)
            case Event():
                return self._counted(leaf)
            case InAudience(names=names):
                was_in = [name for name in names.values() if self._was_in(name)]
                return bool(was_in), {"was in": ", ".join(was_in) or "none of them"}
            case HoldsOffer(offers_active=wanted):
                until = self._offer_until()
                return (until is not None) is wanted, {"holds one until": until}

    def _trait(self, test: str, columns: list[str]) -> tuple[bool | None, dict[str, Any]]:
        shown = ", ".join(
            f"if({name} is null, null, '(given)')" if name in PRIVATE else name for name in columns
        )
        verdict, *values = self._one(
            f"select {in_duckdb(test)}, {shown} from activation.customer_traits where customer_id = ?",
            [self._customer_id],
        )
        return verdict, dict(zip(columns, values, strict=True))

    def _counted(self, leaf: Event) -> tuple[bool | None, dict[str, Any]]:
        conditions = [f"event_name = {text_literal(leaf.event)}"]
        for column, values in leaf.where.columns.items() if leaf.where else ():
            conditions.append(f"{column} in ({', '.join(map(text_literal, values))})")
        saw = {}
        if leaf.within:
            first = self._as_of - timedelta(days=int(leaf.within.removesuffix("d")))
            conditions.append(f"cast(occurred_at as date) >= date '{first}'")
            saw = {"from": first, "to": self._as_of}
        numbers = [str(number) for number in leaf.count.values]
        test = compare_with("times", leaf.count.operator, numbers, negated=False)
        times, verdict = self._one(
            f"""
            select times, {test} from (
                select count(*) as times from activation.customer_events
                where customer_id = ? and {" and ".join(conditions)}
            )
            """,
            [self._customer_id],
        )
        return verdict, {"times": times, **saw}

    def _was_in(self, audience: str) -> bool:
        [found] = self._one(
            "select count(*) from staging.stg_state__memberships"
            " where audience = ? and customer_id = ? and exited_at is null",
            [audience, self._customer_id],
        )
        return bool(found)

    def _offer_until(self) -> date | None:
        [until] = self._one(
            "select max(offer_until) from staging.stg_state__memberships"
            " where customer_id = ? and offer_until > ?",
            [self._customer_id, self._as_of],
        )
        return until if isinstance(until, date) else None

    def _one(self, query: str, parameters: list[Any]) -> tuple[Any, ...]:
        row = self._connection.execute(query, parameters).fetchone()
        assert row is not None  # the person is in the base, and a count is always a row
        return tuple(row)


def flattened(node: Node, depth: int = 0) -> Iterator[tuple[int, Node]]:
    """The node and all below it, each with its depth, in reading order."""
    yield depth, node
    for part in node.parts:
        yield from flattened(part, depth + 1)


def first_against(node: Node, wanted: bool = True) -> Node:
    """The first part that kept the whole from being as wanted."""
    for part in node.parts:
        want = not wanted if node.asked == "not" else wanted
        if part.holds is not want:
            return first_against(part, want)
    return node


def asked(leaf: Leaf) -> str:
    """What a condition asks, in words close to its own."""
    match leaf:
        case Column():
            word = "score " if isinstance(leaf, Score) else ""
            return f"{word}{leaf.column} {_compared(leaf)}"
        case Sql():
            return leaf.sql
        case Event():
            days = f" within {leaf.within}" if leaf.within else ""
            where = leaf.where.columns if leaf.where else {}
            about = "".join(f" {name} {' or '.join(values)}" for name, values in where.items())
            count = f"{SYMBOLS.get(leaf.count.operator, leaf.count.operator)} " + " and ".join(
                map(str, leaf.count.values)
            )
            return f"event {leaf.event}{about} {count} times{days}"
        case InAudience(names=names):
            return f"was in {' or '.join(names.values())} the day before"
        case HoldsOffer(offers_active=wanted):
            return "holds an offer" if wanted else "holds no offer"


def described(condition: Condition) -> str:
    """What a condition asks as a whole, on one line."""
    match condition:
        case All(all=parts):
            return f"all of ({'; '.join(map(described, parts))})"
        case Any_(any=parts):
            return f"any of ({'; '.join(map(described, parts))})"
        case Not(not_=part):
            return f"not ({described(part)})"
        case leaf:
            return asked(leaf)


def _compared(leaf: Column) -> str:
    match leaf.operator:
        case "is_null":
            return "is missing" if leaf.is_null else "is not missing"
        case "in" | "not_in":
            return f"{leaf.operator.replace('_', ' ')} {', '.join(leaf.values)}"
        case operator:
            return f"{SYMBOLS.get(operator, operator)} {' and '.join(leaf.values)}"


def _columns_in(sql: str) -> list[str]:
    """The columns an expression names, in order."""
    tree = sqlglot.parse_one(sql, dialect=DIALECT)
    return list(dict.fromkeys(column.name for column in tree.find_all(exp.Column)))
