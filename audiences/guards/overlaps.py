"""How many people an audience shares with others today, counted by the database."""

from collections.abc import Sequence

import duckdb

# Dispositions of those who are members when the day is over.
MEMBERS = ("eligible", "holdout", "global_holdout")


def most_shared(
    warehouse: duckdb.DuckDBPyConnection, audiences: Sequence[str]
) -> dict[str, list[tuple[str, int]]]:
    """The audiences each of these shares members with, and how many, most first."""
    rows = warehouse.execute(
        f"""
        select own.audience, theirs.audience, count(*) as people
        from audiences.audience_dispositions as own
        inner join audiences.audience_dispositions as theirs
            on own.customer_id = theirs.customer_id and own.audience <> theirs.audience
        where list_contains(?, own.audience)
            and own.disposition in {MEMBERS} and theirs.disposition in {MEMBERS}
        group by own.audience, theirs.audience
        order by own.audience, people desc, theirs.audience
        """,
        [list(audiences)],
    ).fetchall()
    found: dict[str, list[tuple[str, int]]] = {}
    for audience, other, people in rows:
        found.setdefault(audience, []).append((other, people))
    return found
