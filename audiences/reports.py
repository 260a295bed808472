"""What people ask of an audience in the warehouse: how it came about, who is in it, how it went so far."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb

from audiences.dispositions import DISPOSITIONS
from audiences.errors import WorkError
from audiences.warehouse import RUN_FIRST, has_table, open_warehouse


@dataclass(frozen=True)
class Preview:
    """How the customers divide for an audience, and a masked look at some of them."""

    audience: str
    as_of_date: date
    waterfall: list[tuple[str, int]]
    by_country: list[tuple[str, int, int]]
    sample: list[dict[str, Any]]


@dataclass(frozen=True)
class Size:
    """Current members of an audience; unknown before the first run."""

    delivered: int | None = None
    withheld: int | None = None


def preview(warehouse: Path, audience: str, rows: int = 5) -> Preview:
    """The candidates of an audience as the last run left them.

    Args:
        warehouse: The warehouse file.
        audience: Name of the audience.
        rows: How many people to show, masked.

    Raises:
        WorkError: The warehouse or the audience is not there.
    """
    with open_warehouse(warehouse) as connection:
        _check_audience(connection, audience)
        as_of, base = _one(
            connection, "select max(as_of_date), count(*) from activation.customer_traits"
        )
        counts = dict(
            connection.execute(
                """
                select disposition, count(*) from audiences.audience_dispositions
                where audience = ? group by disposition
                """,
                [audience],
            ).fetchall()
        )
        return Preview(
            audience=audience,
            as_of_date=as_of,
            waterfall=_waterfall(base, counts),
            by_country=connection.execute(BY_COUNTRY, [audience]).fetchall(),
            sample=_records(connection, SAMPLE, [audience, rows]),
        )


BY_COUNTRY = """
    select
        coalesce(traits.country, '(unknown)') as country,
        count(*) as matched,
        count(*) filter (where dispositions.disposition = 'eligible') as eligible
    from audiences.audience_dispositions as dispositions
    inner join activation.customer_traits as traits using (customer_id)
    where dispositions.audience = ?
    group by all
    order by matched desc, country
"""

SAMPLE = """
    select
        dispositions.disposition,
        dispositions.arm,
        dispositions.contact_channel,
        traits.country,
        traits.lifecycle_stage,
        left(dispositions.customer_id, 2) || '***' as customer_id,
        left(traits.email, 1) || '***@***' as email,
        left(traits.first_name, 1) || '***' as first_name
    from audiences.audience_dispositions as dispositions
    inner join activation.customer_traits as traits using (customer_id)
    where dispositions.audience = ?
    order by md5(dispositions.customer_id), dispositions.customer_id
    limit ?
"""

HISTORY = """
    with entered as (
        select cast(entered_at as date) as day, count(*) as people
        from audiences.audience_memberships where audience = $audience group by day
    ),
    left_again as (
        select cast(exited_at as date) as day, count(*) as people
        from audiences.audience_memberships
        where audience = $audience and exited_at is not null group by day
    ),
    runs as (
        select * from audiences.audience_runs where audience = $audience
    )
    select
        coalesce(runs.as_of_date, entered.day, left_again.day) as day,
        runs.matched,
        runs.eligible,
        runs.holdout,
        coalesce(entered.people, 0) as entered,
        coalesce(left_again.people, 0) as "left",
        runs.verdict,
        runs.reason
    from runs
    full join entered on runs.as_of_date = entered.day
    full join left_again on coalesce(runs.as_of_date, entered.day) = left_again.day
    order by day
"""

SIZES = """
    select
        audience,
        count(*) filter (where is_delivered),
        count(*) filter (where not is_delivered)
    from audiences.audience_memberships where exited_at is null group by audience
"""


def history(warehouse: Path, audience: str) -> list[dict[str, Any]]:
    """What became of an audience on each day, oldest first; days without a run between two runs are `skipped`.

    Raises:
        WorkError: There is no warehouse, or it knows nothing of the audience.
    """
    with open_warehouse(warehouse) as connection:
        days = _records(connection, HISTORY, {"audience": audience})
    if not days:
        raise WorkError(f"nothing is known of an audience {audience}", RUN_FIRST)
    return list(with_skipped(days))


def with_skipped(days: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The days, and a row for each that nothing ran on and nothing is known of."""
    for before, after in pairwise(days):
        yield before
        for offset in range(1, (after["day"] - before["day"]).days):
            unknown = dict.fromkeys(before)
            yield unknown | {"day": before["day"] + timedelta(days=offset), "verdict": "skipped"}
    yield from days[-1:]


def sizes(warehouse: Path) -> dict[str, Size]:
    """Current members per audience; empty before the first run."""
    if not warehouse.is_file():
        return {}
    with open_warehouse(warehouse) as connection:
        if not has_table(connection, "audiences", "audience_memberships"):
            return {}
        found = connection.execute(SIZES).fetchall()
    return {audience: Size(delivered, withheld) for audience, delivered, withheld in found}


def _waterfall(base: int, counts: dict[str, int]) -> list[tuple[str, int]]:
    """From everybody to the eligible; dispositions nobody ended in are left out, eligible never."""
    matched = sum(counts.values())
    stopped = [(name, counts[name]) for name in DISPOSITIONS if name in counts]
    eligible = [] if "eligible" in counts else [("eligible", 0)]
    return [("base", base), ("not_matched", base - matched), *stopped, *eligible]


def _check_audience(connection: duckdb.DuckDBPyConnection, audience: str) -> None:
    known = [
        name
        for (name,) in connection.execute(
            "select audience from audiences.audience_settings order by audience"
        ).fetchall()
    ]
    if audience not in known:
        fix = f"{RUN_FIRST} if it is new; the warehouse knows: {', '.join(known) or 'none'}"
        raise WorkError(f"audience {audience} is not in the warehouse", fix)


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    row = connection.execute(query).fetchone()
    if row is None:
        raise WorkError("the warehouse gave no answer", RUN_FIRST)
    return row


def _records(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: Any
) -> list[dict[str, Any]]:
    result = connection.execute(query, parameters)
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
