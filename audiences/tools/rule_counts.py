"""How many people each rule of an audience keeps and drops, counted over everybody in one query."""

from collections.abc import Iterable
from dataclasses import dataclass

import duckdb

from audiences.errors import WorkError
from audiences.language.columns import Traits
from audiences.language.conditions import All
from audiences.language.rules import to_sql
from audiences.models.matches import asked_ctes
from audiences.models.model_text import in_duckdb
from audiences.spec import Definition
from audiences.tools.condition_tree import described
from audiences.warehouse import RUN_FIRST


@dataclass(frozen=True)
class RuleCount:
    """One rule beside the others.

    Attributes:
        rule: What it asks.
        keeps: People for whom it holds.
        left: People for whom it and every rule before it hold.
        drops_alone: People whom this rule alone keeps out: every other one holds.
    """

    rule: str
    keeps: int
    left: int
    drops_alone: int


def count_rules(
    connection: duckdb.DuckDBPyConnection, one: Definition, traits: Traits
) -> list[RuleCount]:
    """The counts of the topmost rules, the exclusion last, in the order they are written.

    Raises:
        WorkError: The definition asks for something the last run did not count.
    """
    parts = one.match.all if isinstance(one.match, All) else (one.match,)
    rules = [described(part) for part in parts]
    tests = [f"coalesce({to_sql(part, traits)}, false)" for part in parts]
    if one.exclude is not None:
        rules.append(f"not excluded: {described(one.exclude)}")
        tests.append(f"not coalesce({to_sql(one.exclude, traits)}, false)")
    flags = ", ".join(f"({test}) as rule_{index}" for index, test in enumerate(tests))
    everything = range(len(tests))
    counts = [
        counted
        for index in everything
        for counted in (
            f"count(*) filter (where rule_{index})",
            f"count(*) filter (where {_all_of(everything[: index + 1])})",
            f"count(*) filter (where not rule_{index} and {_all_of(set(everything) - {index})})",
        )
    ]
    ctes, asked = asked_ctes([one])
    query = f"with {', '.join(ctes)} select {', '.join(counts)} from (select {flags} from {asked})"
    try:
        row = connection.execute(in_duckdb(query)).fetchone() or ()
    except duckdb.BinderException:
        problem = f"{one.audience} asks for something the last run did not count"
        raise WorkError(problem, RUN_FIRST) from None
    return [RuleCount(rule, *row[3 * index : 3 * index + 3]) for index, rule in enumerate(rules)]


def _all_of(rules: Iterable[int]) -> str:
    return " and ".join(f"rule_{index}" for index in sorted(rules)) or "true"
