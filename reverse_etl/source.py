"""Reads the warehouse's `audiences` schema into temporary tables of a ledger connection, then lets go of the file.

A DuckDB file admits one process while it is open for writing, so it is attached read-only for one statement's time.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

import duckdb

from audiences.erasures import load_forgotten
from audiences.errors import WorkError
from reverse_etl.breakers import GATE, STALE, Hold
from reverse_etl.context import SyncContext
from reverse_etl.destinations import REGISTRY
from reverse_etl.ledger_sql import PEOPLE
from reverse_etl.payload import (
    OutputField,
    check_mapping,
    identifier,
    key_sql,
    literal,
    output_fields,
    payload_sql,
)
from reverse_etl.spec import Sync

_PATIENCE = 120  # half seconds to wait for a warehouse that dbt is writing


@dataclass(frozen=True)
class Source:
    """The audience as read: its payload fields, and why it may not be delivered, when it may not."""

    as_of: date
    fields: tuple[OutputField, ...]
    hold: Hold | None


def read_source(connection: duckdb.DuckDBPyConnection, sync: Sync, context: SyncContext) -> Source:
    """Load the mapped audience into the temporary table `source` and the blocks into `blocks`.

    Who was forgotten since the warehouse was built is left out, and stands in `forgotten`.

    Raises:
        WorkError: The warehouse or the audience is not there, or the warehouse stays busy.
        SyncError: The mapping does not suit the audience.
    """
    with warehouse(connection, context):
        columns = _columns(connection, sync)
        _check_contact(connection, sync)
        check_mapping(connection, sync, columns)
        audience = f"warehouse.audiences.{identifier(sync.audience)}"
        connection.execute(
            f"""
            create or replace temp table source as
            with mapped as (
                select
                    customer_id,
                    cast(entry_seq as bigint) as entry_seq,
                    cast(contact_channel as varchar) as contact_channel,
                    {key_sql(sync, columns)} as key,
                    {payload_sql(sync, columns)} as payload
                from {audience}
            )
            select *, sha256({literal(_mark(sync))} || payload) as payload_hash from mapped
            """
        )
        hold = _hold(connection, sync.audience, audience, context.as_of)
        load_blocks(connection, sync)
    load_forgotten(
        connection, context.state_dir, f"select customer_id from source union all {PEOPLE}"
    )
    connection.execute("delete from source where customer_id in (from forgotten)")
    return Source(context.as_of, output_fields(sync, columns), hold)


def _mark(sync: Sync) -> str:
    """What stands for a mode in which a destination may keep less than the payload: another mode sends it again."""
    return sync.mode if sync.mode in REGISTRY[sync.destination].partial_modes else ""


def load_blocks(connection: duckdb.DuckDBPyConnection, sync: Sync) -> None:
    """Copy the blocks that hold for the audience's purpose, one reason a person and channel, into `blocks`."""
    connection.execute(
        """
        create or replace temp table blocks as
        select customer_id, channel, min(reason) as reason
        from warehouse.audiences.current_blocks
        where purpose = (
            select purpose from warehouse.audiences.audience_settings where audience = $audience
        )
        group by customer_id, channel
        """,
        {"audience": sync.audience},
    )


@contextmanager
def warehouse(connection: duckdb.DuckDBPyConnection, context: SyncContext) -> Iterator[None]:
    """Attach the warehouse read-only as `warehouse`, waiting politely while dbt writes it.

    Raises:
        WorkError: It does not exist or stays busy.
    """
    if not context.warehouse.is_file():
        raise WorkError(
            f"there is no warehouse {context.warehouse.name}", "run 'perennial run' first"
        )
    for attempt in range(_PATIENCE):
        try:
            connection.execute(f"attach {literal(str(context.warehouse))} as warehouse (read_only)")
            break
        except duckdb.IOException as error:
            if "lock" not in str(error).lower() or attempt == _PATIENCE - 1:
                raise WorkError(
                    f"the warehouse {context.warehouse.name} cannot be opened: "
                    + (
                        "another process writes it"
                        if "lock" in str(error).lower()
                        else "unreadable"
                    ),
                    "wait until the other run has ended, then run the command again",
                ) from None
            context.sleep(0.5)
    try:
        yield
    finally:
        connection.execute("detach warehouse")


def _columns(connection: duckdb.DuckDBPyConnection, sync: Sync) -> dict[str, str]:
    try:
        rows = connection.execute(f"describe warehouse.audiences.{identifier(sync.audience)}")
    except duckdb.CatalogException:
        raise WorkError(
            f"{sync.file}: audience: '{sync.audience}' is not in the warehouse",
            "name an audience that exists, or build it with 'perennial run'",
        ) from None
    return {row[0]: row[1] for row in rows.fetchall()}


def _check_contact(connection: duckdb.DuckDBPyConnection, sync: Sync) -> None:
    """An audience without contact (`contact: none`) was built without asking for consent: files only."""
    row = connection.execute(
        "select needs_contact from warehouse.audiences.audience_settings where audience = ?",
        [sync.audience],
    ).fetchone()
    if row and not row[0] and not REGISTRY[sync.destination].is_file:
        raise sync.wrong(
            "destination",
            f"audience {sync.audience} is 'contact: none', which {sync.destination} does not accept",
            "use destination file, or declare the contact in the audience",
        )


def _hold(
    connection: duckdb.DuckDBPyConnection, audience: str, relation: str, as_of: date
) -> Hold | None:
    """Why the audience of this day may not be delivered: no run, another day, or a failing gate."""
    run = connection.execute(
        """
        select as_of_date, verdict, reason
        from warehouse.audiences.audience_runs where audience = $audience
        order by as_of_date = $day desc, as_of_date desc
        limit 1
        """,
        {"audience": audience, "day": as_of},
    ).fetchone()
    if run is None:
        return Hold(GATE, f"nothing was built for {as_of}; it has no run")
    day, verdict, reason = run
    if verdict != "pass":
        return Hold(GATE, reason or "the audience is held")
    if day != as_of:
        return Hold(STALE, f"nothing was built for {as_of}; its newest run is of {day}")
    row = connection.execute(
        f"select max(as_of_date) from {relation} where as_of_date is distinct from $day",
        {"day": as_of},
    ).fetchone()
    if row and row[0] is not None:
        return Hold(STALE, f"its rows are of {row[0]}, not of {as_of}")
    return None
