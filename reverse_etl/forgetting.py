"""People who were forgotten, in the ledgers of the syncs.

Who is acknowledged at a destination is removed there first; for that the ledger keeps the key. After it, and at once
where nothing is acknowledged, their rows stay as counts without a person, and the file is written anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from audiences.errors import WorkError
from reverse_etl.destinations import REGISTRY
from reverse_etl.ledger import Ledger
from reverse_etl.ledger_file import open_ledger
from reverse_etl.spec import Sync


@dataclass(frozen=True)
class Remainder:
    """What a sync still holds of people who were forgotten.

    Attributes:
        sync: The sync.
        removals: People still to be removed at its destination.
        by_hand: People acknowledged at a place no sync delivers to any more.
        is_paused: Whether nothing is sent until somebody sets it active.
        is_file: Whether any run removes them.
        is_busy: Whether a run is under way, whose end will settle it.
    """

    sync: str
    removals: int = 0
    by_hand: int = 0
    is_paused: bool = False
    is_file: bool = False
    is_busy: bool = False


def forget_in_ledgers(state_dir: Path, syncs: Mapping[str, Sync]) -> list[Remainder]:
    """Forget people in every ledger, as far as their removal is done; what remains, where anything does."""
    remainders = []
    for path in sorted((state_dir / "ledgers").glob("*.duckdb")):
        remainder = _forget_in(state_dir, path.stem, syncs.get(path.stem))
        if remainder.removals or remainder.by_hand or remainder.is_busy:
            remainders.append(remainder)
    return remainders


def _forget_in(state_dir: Path, name: str, sync: Sync | None) -> Remainder:
    target = REGISTRY[sync.destination].target(sync) if sync else None
    try:
        with open_ledger(state_dir, name) as ledger:
            ledger.settle()
            by_hand = ledger.number(_ELSEWHERE, target=target)
            purge(ledger, target)
            removals = ledger.number(_OPEN)
    except WorkError:
        return Remainder(name, is_busy=True)
    return Remainder(
        sync=name,
        removals=removals,
        by_hand=by_hand,
        is_paused=sync is not None and not sync.is_active,
        is_file=sync is not None and REGISTRY[sync.destination].is_file,
    )


def purge(ledger: Ledger, target: str | None) -> None:
    """Take everybody out who was forgotten and whose removal is done; an unfinished run keeps what it needs.

    Args:
        ledger: The ledger, settled.
        target: The place the sync delivers to, none when the sync is gone; elsewhere it cannot remove.
    """
    if not ledger.number("select count(*) from forgotten"):
        return
    run = ledger.open_run() if target else None
    with ledger.transaction():
        if run is None:
            ledger.execute(
                "delete from acked where target is distinct from $target and customer_id in (from forgotten)",
                target=target,
            )
        ledger.execute(_DONE, run_id=run.run_id if run else "")
        if not ledger.number("select count(*) from done"):
            return
        for statement in _PURGE:
            ledger.connection.execute(statement)


_OPEN = """
select count(distinct customer_id) from (
    select customer_id from acked union all select customer_id from plan_rows
) as named
where customer_id in (from forgotten)
"""
_ELSEWHERE = """
select count(distinct customer_id) from acked
where target is distinct from $target and customer_id in (from forgotten)
"""
_DONE = """
create or replace temp table done as
select customer_id from forgotten
where customer_id not in (select customer_id from acked where customer_id is not null)
    and customer_id not in (
        select customer_id from plan_rows where run_id = $run_id and customer_id is not null
    )
"""
_PURGE = (
    """
    delete from outbox using plan_rows
    where outbox.run_id = plan_rows.run_id and outbox.row_number = plan_rows.row_number
        and plan_rows.customer_id in (from done)
    """,
    """
    update plan_rows set key = null, customer_id = null, payload_hash = null
    where customer_id in (from done)
    """,
    "update quarantine set customer_id = null where customer_id in (from done)",
    "delete from parked where customer_id in (from done)",
    "delete from plans",
    "delete from reviewed_hashes",
    "delete from reviewed_blocks",
    "insert into rewrites select now() at time zone 'UTC'",
)
