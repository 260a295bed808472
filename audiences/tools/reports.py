"""What people ask of all audiences or of their past: how large they are, how it went so far."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from audiences.errors import WorkError
from audiences.warehouse import RUN_FIRST, has_table, open_warehouse, records


@dataclass(frozen=True)
class Size:
    """Current members of an audience; everything is unknown before the first run.

    Attributes:
        delivered: Members in a deliverable arm.
        withheld: Members held out.
        change: Delivered members gained or lost on the day of the last run.
        reach: Delivered members by the channel they are reached on.
        verdict: What the gate said in the last run.
        reason: Why, when it holds.
    """

    delivered: int | None = None
    withheld: int | None = None
    change: int | None = None
    reach: dict[str, int] | None = None
    verdict: str | None = None
    reason: str | None = None


def sizes(warehouse: Path) -> dict[str, Size]:
    """Current members per audience; empty before the first run."""
    if not warehouse.is_file():
        return {}
    with open_warehouse(warehouse) as connection:
        if not has_table(connection, "audiences", "audience_memberships"):
            return {}
        reach: dict[str, dict[str, int]] = {}
        for row in records(connection, REACH):
            reach.setdefault(row["audience"], {})[row["channel"]] = row["people"]
        return {
            row["audience"]: Size(
                **{name: value for name, value in row.items() if name != "audience"},
                reach=reach.get(row["audience"], {}),
            )
            for row in records(connection, SIZES)
        }


def last_deliveries(state_dir: Path) -> dict[str, date]:
    """The latest day of each audience that a destination accepted, by the receipts."""
    if not any((state_dir / "receipts").glob("as_of=*/*.parquet")):
        return {}
    receipts = str(state_dir / "receipts" / "as_of=*" / "*.parquet")
    with duckdb.connect(":memory:") as connection:
        return dict(connection.execute(DELIVERED, [receipts]).fetchall())


def history(warehouse: Path, audience: str) -> list[dict[str, Any]]:
    """What became of an audience on each day, oldest first; a day between runs that had none is `skipped`.

    Raises:
        WorkError: There is no warehouse, or it knows nothing of the audience.
    """
    with open_warehouse(warehouse) as connection:
        days = records(connection, HISTORY, {"audience": audience})
    if not days:
        raise WorkError(f"nothing is known of an audience {audience}", RUN_FIRST)
    return days


def audiences_in(warehouse: Path) -> set[str]:
    """The audiences the warehouse knows, also those whose definition is gone."""
    if not warehouse.is_file():
        return set()
    with open_warehouse(warehouse) as connection:
        if not has_table(connection, "audiences", "audience_memberships"):
            return set()
        return {row["audience"] for row in records(connection, KNOWN)}


SIZES = """
    with last_run as (
        select max(as_of_date) as as_of_date from activation.customer_traits
    ),
    members as (
        select
            audience,
            count(*) filter (where exited_at is null and is_delivered) as delivered,
            count(*) filter (where exited_at is null and not is_delivered) as withheld,
            count(*) filter (where is_delivered and cast(entered_at as date) = last_run.as_of_date)
            - count(*) filter (where is_delivered and cast(exited_at as date) = last_run.as_of_date) as change
        from audiences.audience_memberships cross join last_run
        group by audience
    ),
    judged as (
        select runs.audience, runs.verdict, runs.reason
        from audiences.audience_runs as runs inner join last_run using (as_of_date)
    )
    select
        audience,
        coalesce(members.delivered, 0) as delivered,
        coalesce(members.withheld, 0) as withheld,
        coalesce(members.change, 0) as change,
        judged.verdict,
        judged.reason
    from audiences.audience_settings
    left join members using (audience)
    left join judged using (audience)
"""
REACH = """
    select audience, contact_channel as channel, count(*) as people
    from audiences.audience_members where contact_channel is not null
    group by audience, channel order by people desc, channel
"""
DELIVERED = """
    select audience, max(as_of) from read_parquet(?, hive_partitioning = true, hive_types = {'as_of': date})
    where status = 'accepted' group by audience
"""
KNOWN = """
    select audience from audiences.audience_settings
    union select audience from audiences.audience_memberships
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
    ),
    days as (
        select cast(day as date) as day
        from generate_series(
            cast((select min(as_of_date) from runs) as timestamp),
            cast((select max(as_of_date) from runs) as timestamp), interval 1 day
        ) as series(day)
        union select day from entered
        union select day from left_again
    )
    select
        days.day,
        runs.matched,
        runs.eligible,
        runs.holdout,
        coalesce(entered.people, 0) as entered,
        coalesce(left_again.people, 0) as "left",
        coalesce(runs.verdict, if(entered.day is null and left_again.day is null, 'skipped', null)) as verdict,
        runs.reason
    from days
    left join runs on days.day = runs.as_of_date
    left join entered using (day)
    left join left_again using (day)
    order by days.day
"""
