"""Who a report is about: by the key a ledger knows, by an id the sync gave the vendor, or by address."""

from collections.abc import Callable, Collection, Iterable
from pathlib import Path

import duckdb
import pyarrow as pa

from audiences.errors import WorkError
from reverse_etl.ledger_file import ledger_path, open_ledger
from reverse_etl.spec import Sync

# Finds the people of some addresses: pairs of an address as it was asked for and a customer id. Asked with the kind,
# email (lower case) or phone.
FindPeople = Callable[[str, Collection[str]], Iterable[tuple[str, str]]]

FIELDS = {
    "klaviyo": {"external_id": "external_id", "email": "email", "phone_number": "phone"},
    "sendgrid": {"external_id": "external_id", "email": "email", "phone_number_id": "phone"},
    "customerio": {"id": "external_id", "email": "email", "phone": "phone"},
    "braze": {"external_id": "external_id", "email": "email", "phone": "phone"},
}
"""The fields of a destination by which its reports name people, and what kind of identifier each is."""


def load_people(
    connection: duckdb.DuckDBPyConnection,
    syncs: Iterable[Sync],
    state_dir: Path,
    find_people: FindPeople,
) -> None:
    """Write the temporary table `people` (kind, value, customer_id, rank) for the table `reported`.

    Rank 1 is a key the ledger of a sync knows, 2 the customer id itself, 3 an address.

    Raises:
        WorkError: A run of one of the syncs is active.
    """
    connection.execute(_TABLES)
    for sync in syncs:
        kind = FIELDS[sync.destination].get(sync.key_field)
        if kind is not None:
            _insert(connection, kind, _keys(sync, state_dir), 1)
        if _carries_customer_ids(sync):
            connection.execute(_OWN_IDS)
    for kind in ("email", "phone"):
        asked = connection.execute(_ASKED, [kind]).fetchall()
        if asked:
            found = find_people(kind, [value for (value,) in asked])
            _insert(connection, kind, found, 3)


def _carries_customer_ids(sync: Sync) -> bool:
    """Whether the vendor's external id is the customer id."""
    kinds = FIELDS[sync.destination]
    return any(
        kinds.get(one.name) == "external_id" and one.column == "customer_id" for one in sync.mapping
    )


def _keys(sync: Sync, state_dir: Path) -> list[tuple[str, str]]:
    """The keys of a ledger with whom each was given to last."""
    if not ledger_path(state_dir, sync.name).exists():
        return []
    try:
        with open_ledger(state_dir, sync.name, read_only=True) as ledger:
            return list(ledger.rows(_KEYS))
    except duckdb.Error:
        raise WorkError(
            f"sync {sync.name}: its ledger cannot be read", "apply the sync, then pull again"
        ) from None


def _insert(
    connection: duckdb.DuckDBPyConnection,
    kind: str,
    found: Iterable[tuple[str, str]],
    rank: int,
) -> None:
    values, ids = zip(*found, strict=True) if (found := list(found)) else ((), ())
    rows = pa.table({"value": pa.array(values, pa.string()), "id": pa.array(ids, pa.string())})
    connection.register("found", rows)
    connection.execute(_INSERT, {"kind": kind, "rank": rank})
    connection.unregister("found")


_TABLES = """
create or replace temp table identifiers as
select number, 'external_id' as kind, external_id as value from reported where external_id is not null
union all select number, 'email', lower(trim(email)) from reported where email is not null
union all select number, 'phone', trim(phone) from reported where phone is not null;
create or replace temp table people (kind varchar, value varchar, customer_id varchar, rank integer)
"""
_ASKED = "select distinct value from identifiers where kind = ?"
_OWN_IDS = """
insert into people select distinct kind, value, value, 2 from identifiers where kind = 'external_id'
"""
_INSERT = """
insert into people
select $kind, case when $kind = 'email' then lower(trim(value)) else trim(value) end, id, $rank from found
where id is not null
"""
_KEYS = """
select key, arg_max(customer_id, run_id) from (
    select key, customer_id, run_id from plan_rows
    union all select key, customer_id, run_id from acked
) as named
where key is not null and customer_id is not null
group by key
"""
