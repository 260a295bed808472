"""What people accepted on a day in spite of the gate, as numbers, so that nothing else slips through."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from audiences.guards.suite import ACCEPTABLE, Breach
from audiences.state import day_file, write_day

LEDGER = "gate_acceptances"
TOLERANCE = 0.01  # how far a number may be from the accepted one when the day is run again, as a share of it

_COLUMNS = pa.schema(
    [
        ("audience", pa.string()),
        ("guard", pa.string()),
        ("value", pa.int64()),
        ("reason", pa.string()),
    ]
)


def read_acceptances(state_dir: Path, as_of: date) -> dict[str, list[Breach]]:
    """The breaches accepted for a day, by audience."""
    file = day_file(state_dir, LEDGER, as_of)
    rows = pq.read_table(file, partitioning=None).to_pylist() if file.is_file() else []
    found: dict[str, list[Breach]] = {}
    for row in rows:
        found.setdefault(row["audience"], []).append(
            Breach(row["guard"], row["value"], row["reason"])
        )
    return found


def write_acceptance(
    state_dir: Path, as_of: date, audience: str, breaches: Sequence[Breach]
) -> None:
    """Accept an audience's breaches for a day, in place of what was accepted for it before."""
    accepted = read_acceptances(state_dir, as_of) | {audience: list(breaches)}
    rows = [
        {"audience": name, "guard": each.guard, "value": each.value, "reason": each.reason}
        for name, found in sorted(accepted.items())
        for each in found
    ]
    write_day(state_dir, LEDGER, as_of, pa.Table.from_pylist(rows, schema=_COLUMNS))


def can_be_accepted(breaches: Sequence[Breach]) -> bool:
    """Whether a person may release the audience in spite of its breaches."""
    return bool(breaches) and all(each.guard in ACCEPTABLE for each in breaches)


def is_accepted(breaches: Sequence[Breach], accepted: Sequence[Breach]) -> bool:
    """Whether each breach was accepted, with about the number it has now."""
    return can_be_accepted(breaches) and all(
        any(_is_the_same(breach, other) for other in accepted) for breach in breaches
    )


def _is_the_same(now: Breach, then: Breach) -> bool:
    return now.guard == then.guard and abs(now.value - then.value) <= TOLERANCE * then.value
