"""The Great Expectations suite of a raw table, made from its contract. Says what to expect; runs nothing.

The suite looks at the views of macros/checked_views.sql: <column> typed, given_<column>, unread_<column>,
broken_rule_<n>. The overall share of broken rows is the one critical expectation; the columns' say where
the trouble is.
"""

from collections.abc import Iterator
from typing import Any

from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity

from audiences.guards.counting import CountBetween, CountInSet, CountNotNull, CountNull, CountRows
from orchestration.border.contract import Column, RawTable

ANY = "any"  # the reason of the overall share: a row counts once, whatever is wrong with it
DUPLICATE = "duplicate_key"


def suite_for(table: RawTable, max_bad_row_share: float) -> list[Expectation]:
    """What to expect of a raw table.

    Every expectation's `meta` is the reason and the column it stands for.

    Args:
        table: The table's contract.
        max_bad_row_share: Share of broken rows up to which the table passes.
    """
    mostly = 1 - max_bad_row_share
    found = [_share(mostly), _unique_key(table)]
    for column in table.columns:
        found.extend(_column_expectations(column, mostly))
    found.extend(_rules(table, mostly))
    return found


def _share(mostly: float) -> Expectation:
    return CountNull(
        column="verdict",
        mostly=mostly,
        severity=FailureSeverity.CRITICAL,
        meta={"reason": ANY, "column": None},
        description=f"At least {mostly:.2%} of the rows have nothing wrong with them.",
    )


def _unique_key(table: RawTable) -> Expectation:
    return CountRows(
        unexpected_rows_query=(
            "select row_key, unnest(range(count(*) - 1)) from {batch}"
            " where verdict is null group by row_key having count(*) > 1"
        ),
        severity=FailureSeverity.INFO,
        meta={"reason": DUPLICATE, "column": None},
        description=f"No good row shares its key ({', '.join(table.key)}) with a later one.",
    )


def _column_expectations(column: Column, mostly: float) -> Iterator[Expectation]:
    if column.required:
        yield CountNotNull(
            column=f"given_{column.name}",
            description=f"{column.name} is given.",
            **_common(column.name, "missing_required", mostly),
        )
    if column.data_type != "varchar":
        yield CountNull(
            column=f"unread_{column.name}",
            description=f"{column.name} can be read as {column.data_type}.",
            **_common(column.name, "bad_type", mostly),
        )
    if column.values:
        yield CountInSet(
            column=column.name,
            value_set=list(column.values),
            description=f"{column.name} is one of {', '.join(column.values)}.",
            **_common(column.name, "not_in_enum", mostly),
        )
    if column.has_range:
        yield CountBetween(
            column=column.name,
            min_value=column.min if column.above is None else column.above,
            max_value=column.max,
            strict_min=column.above is not None,
            description=f"{column.name} is in its range.",
            **_common(column.name, "out_of_range", mostly),
        )


def _rules(table: RawTable, mostly: float) -> Iterator[Expectation]:
    for number, rule in enumerate(table.rules, start=1):
        yield CountNull(
            column=f"broken_rule_{number}",
            description=f"Not: {rule.broken_if}",
            **_common(rule.column, "out_of_range", mostly),
        )


def _common(column: str, reason: str, mostly: float) -> dict[str, Any]:
    return {
        "mostly": mostly,
        "severity": FailureSeverity.WARNING,
        "meta": {"reason": reason, "column": column},
    }
