"""Forgetting people: tombstones, the state and the ledgers of the syncs without them, and what is left to do."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import duckdb

from audiences.erasures import bury, sweep_state, tombstone_files
from audiences.errors import WorkError
from audiences.unfinished import sweep
from orchestration import dbt
from orchestration.settings import SYNCS, Settings
from reverse_etl.forgetting import Remainder, forget_in_ledgers
from reverse_etl.loader import load_syncs


@dataclass(frozen=True)
class Forgotten:
    """What was done, in numbers.

    Attributes:
        new: People who had no tombstone before.
        rows: Rows per ledger of the state folder that named somebody.
        remainders: What the syncs still hold.
    """

    new: int
    rows: dict[str, int]
    remainders: list[Remainder]


def forget(settings: Settings, customer_ids: Collection[str]) -> Forgotten:
    """Suppress people now and take them out of the state; what is left goes with the next run.

    Args:
        settings: Where things are.
        customer_ids: Their ids; blanks at the ends are dropped, as staging does.
    """
    sweep(settings.deliveries_dir)
    ids = {customer_id.strip(" ") for customer_id in customer_ids}
    new = bury(settings.state_dir, ids, datetime.now(UTC).replace(tzinfo=None))
    return Forgotten(new, sweep_state(settings.state_dir), forget_in_syncs(settings))


def show_to_the_warehouse(settings: Settings) -> None:
    """Let the warehouse's views see the first tombstone; later ones they see by themselves.

    Raises:
        WorkError: The warehouse is being written, or dbt could not refresh the views.
    """
    seen = "select count(*) from raw.state_erasures"
    if not settings.warehouse.is_file() or not tombstone_files(settings.state_dir):
        return
    if not ask(settings, seen, [(0,)])[0][0]:
        dbt.run_operation(settings, "register_raw_views")


def advice(remainders: Iterable[Remainder]) -> list[str]:
    """What is left to do at the destinations, one line each."""
    return [line for each in remainders for line in _lines(each)]


def _lines(each: Remainder) -> Iterable[str]:
    name, apply = f"sync {each.sync}", f"`perennial sync apply {each.sync}`"
    if each.is_busy:
        yield f"{name}: a run of it is under way; its next run takes the person out"
    if each.by_hand:
        yield f"{name}: {each.by_hand} held at a place it no longer delivers to; delete there by hand"
    if each.removals and each.is_paused:
        yield f"{name}: {each.removals} to be removed, but it is paused; set it active, then {apply}"
    elif each.removals and each.is_file:
        yield f"{name}: {each.removals} to be removed by the next `perennial run`"
    elif each.removals:
        yield f"{name}: {each.removals} to be removed; run {apply} or `perennial run --deliver`"


def forget_in_syncs(settings: Settings) -> list[Remainder]:
    """Forget people in the ledgers of all syncs; what remains."""
    return forget_in_ledgers(settings.state_dir, load_syncs(SYNCS))


def ask(settings: Settings, query: str, otherwise: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Rows of the warehouse; something else when it does not have what is asked for."""
    try:
        with duckdb.connect(str(settings.warehouse), read_only=True) as warehouse:
            return warehouse.execute(query).fetchall()
    except duckdb.CatalogException:
        return otherwise
    except duckdb.IOException:
        raise WorkError(
            f"{settings.warehouse.name} is being written by another process",
            "run the command again when that run has ended",
        ) from None
