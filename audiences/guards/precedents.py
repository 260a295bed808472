"""How large an audience was when it passed the gate before: what its size is compared with."""

import json
from collections.abc import Sequence
from datetime import date
from statistics import median

import duckdb

# Dispositions that end a membership: whoever has another one is or may become a member.
LEAVERS = ("excluded", "suppressed", "no_consent", "unreachable")


def passed_sizes(warehouse: duckdb.DuckDBPyConnection, as_of: date) -> dict[str, list[int]]:
    """The reach of each audience at its passes before a day, newest first."""
    passes = warehouse.execute(
        """
        select audience, dispositions from raw.state_gate_verdicts
        where as_of_date < ? and verdict = 'pass'
        order by as_of_date desc
        """,
        [as_of],
    ).fetchall()
    found: dict[str, list[int]] = {}
    for audience, counts in passes:
        reach = sum(n for name, n in json.loads(counts).items() if name not in LEAVERS)
        found.setdefault(audience, []).append(reach)
    return found


def usual_size(sizes: Sequence[int], passes: int) -> int | None:
    """The median of the latest sizes, rounded down; none when there are none."""
    return int(median(sizes[:passes])) if sizes else None
