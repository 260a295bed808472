"""A look at an audience: how its customers divide, what each rule does, and a masked look at some of them."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from audiences.dispositions import DISPOSITIONS
from audiences.errors import WorkError
from audiences.language.columns import Traits
from audiences.spec import Definition
from audiences.tools.fallbacks import count_fallbacks
from audiences.tools.masked import masked
from audiences.tools.overlap import PAIRS
from audiences.tools.rule_counts import RuleCount, count_rules
from audiences.warehouse import RUN_FIRST, open_warehouse, records

BREAKDOWNS = ("country", "value_tier")


@dataclass(frozen=True)
class Preview:
    """An audience as the last run left it.

    Attributes:
        waterfall: From everybody to the eligible, one step a disposition somebody ended in.
        eligible_before: Eligible people in the run before, and its day; none for the first run.
        rules: What each rule keeps and drops.
        breakdowns: Matched and eligible by the values of a column.
        reach: Eligible people by the channel they are reached on.
        fallbacks: Members who got something other than their own, by what and from where.
        overlaps: The audiences it shares most people with.
        sample: Some of its people, masked.
    """

    audience: str
    as_of_date: date
    waterfall: list[tuple[str, int]]
    eligible_before: tuple[date, int] | None
    rules: list[RuleCount]
    breakdowns: dict[str, list[dict[str, Any]]]
    reach: list[dict[str, Any]]
    fallbacks: list[dict[str, Any]]
    overlaps: list[dict[str, Any]]
    sample: list[dict[str, Any]]


def preview(warehouse: Path, one: Definition, traits: Traits, rows: int = 5) -> Preview:
    """The candidates of an audience as the last run left them.

    Args:
        warehouse: The warehouse file.
        one: The audience.
        traits: The columns of customer_traits.
        rows: How many people to show, masked.

    Raises:
        WorkError: The warehouse or the audience is not there.
    """
    asked = {"audience": one.audience}
    with open_warehouse(warehouse) as connection:
        _check_known(connection, one.audience)
        [base] = records(connection, BASE)
        counts = {row["disposition"]: row["people"] for row in records(connection, COUNTS, asked)}
        before = records(connection, BEFORE, {**asked, "as_of": base["as_of_date"]})
        overlaps = records(connection, PAIRS, {"of": one.audience})
        return Preview(
            audience=one.audience,
            as_of_date=base["as_of_date"],
            waterfall=_waterfall(base["people"], counts),
            eligible_before=(before[0]["as_of_date"], before[0]["eligible"]) if before else None,
            rules=count_rules(connection, one, traits),
            breakdowns={
                column: records(connection, BREAKDOWN.format(column=column), asked)
                for column in BREAKDOWNS
                if column in traits
            },
            reach=records(connection, REACH, asked),
            fallbacks=count_fallbacks(connection, one),
            overlaps=[pair for pair in overlaps[:10] if pair["in_both"]],
            sample=records(connection, SAMPLE, {**asked, "rows": rows}),
        )


BASE = """
    select max(as_of_date) as as_of_date, count(*) as people from activation.customer_traits
"""
COUNTS = """
    select disposition, count(*) as people from audiences.audience_dispositions
    where audience = $audience group by disposition
"""
BEFORE = """
    select as_of_date, eligible from audiences.audience_runs
    where audience = $audience and as_of_date < $as_of order by as_of_date desc limit 1
"""
BREAKDOWN = """
    select
        coalesce(traits.{column}, '(unknown)') as {column},
        count(*) as matched,
        count(*) filter (where dispositions.disposition = 'eligible') as eligible
    from audiences.audience_dispositions as dispositions
    inner join activation.customer_traits as traits using (customer_id)
    where dispositions.audience = $audience
    group by all
    order by matched desc, 1
"""
REACH = """
    select contact_channel as channel, count(*) as eligible from audiences.audience_dispositions
    where audience = $audience and disposition = 'eligible' and contact_channel is not null
    group by channel order by eligible desc, channel
"""
SAMPLE = f"""
    select
        dispositions.disposition,
        dispositions.arm,
        dispositions.contact_channel as channel,
        traits.country,
        traits.lifecycle_stage as stage,
        {masked("dispositions.customer_id")} as customer,
        {masked("split_part(traits.email, '@', 1)")} || '@***' as email
    from audiences.audience_dispositions as dispositions
    inner join activation.customer_traits as traits using (customer_id)
    where dispositions.audience = $audience
    order by md5(dispositions.customer_id), dispositions.customer_id
    limit $rows
"""


def _waterfall(base: int, counts: dict[str, int]) -> list[tuple[str, int]]:
    """From everybody to the eligible; dispositions nobody ended in are left out, eligible never."""
    matched = sum(counts.values())
    stopped = [(name, counts[name]) for name in DISPOSITIONS if name in counts]
    eligible = [] if "eligible" in counts else [("eligible", 0)]
    return [("base", base), ("not_matched", base - matched), *stopped, *eligible]


def _check_known(connection: duckdb.DuckDBPyConnection, audience: str) -> None:
    known = "select count(*) as known from audiences.audience_settings where audience = $audience"
    if not records(connection, known, {"audience": audience})[0]["known"]:
        raise WorkError(f"audience {audience} is not in the warehouse yet", RUN_FIRST)
