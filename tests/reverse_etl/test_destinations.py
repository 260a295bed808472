"""One contract for every registered destination; one without a reader here fails."""

from collections.abc import Callable
from dataclasses import replace

import duckdb
import pytest

from reverse_etl.context import SyncContext
from reverse_etl.destinations import REGISTRY
from reverse_etl.receiver import Receiver
from reverse_etl.spec import Sync
from reverse_etl.sync import apply_sync
from tests.reverse_etl.conftest import FILE, WEBHOOK, MakeSync, Shop

ODD = ["O'Brien", 'says "hi", twice', "Çağla Öz", "back\\slash", "line\nbreak", ""]
MAPPING = {"external_id": {"column": "customer_id"}, "first_name": {"column": "first_name"}}
Held = dict[str, str | None]


def files_hold(sync: Sync, context: SyncContext, _receiver: Receiver) -> Held:
    """What a tool holds that has read the files in the order of their names."""
    held: Held = {}
    for path in sorted((context.root / "out" / sync.name).glob("*.csv")):
        with duckdb.connect() as connection:
            sql = f"select * from read_csv('{path}', all_varchar = true, header = true, allow_quoted_nulls = false)"
            for operation, key, name in connection.execute(sql).fetchall():
                held.pop(key, None)
                if operation == "upsert":
                    held[key] = name
    return held


def receiver_holds(_sync: Sync, _context: SyncContext, receiver: Receiver) -> Held:
    return {key: member["first_name"] for (_, key), member in receiver.members.items()}


READERS: dict[str, Callable[[Sync, SyncContext, Receiver], Held]] = {
    "file": files_hold,
    "webhook": receiver_holds,
}


@pytest.mark.parametrize("name", REGISTRY)
def test_a_destination_mirrors_the_audience(
    shop: Shop, context: SyncContext, receiver: Receiver, make_sync: MakeSync, name: str
) -> None:
    sync = make_sync({"file": FILE, "webhook": WEBHOOK}[name], mapping=MAPPING)
    if "base_url" in sync.connection:
        sync = replace(sync, connection=sync.connection | {"base_url": receiver.url})
    audience: Held = {f"c{number}": value for number, value in enumerate(ODD)} | {"none": None}
    for edit in ({}, {"c1": "changed"}, {"new": "New"}):
        audience |= edit
        shop.people([{"customer_id": key, "first_name": value} for key, value in audience.items()])
        assert apply_sync(sync, context).exit_code == 0
        assert READERS[name](sync, context, receiver) == audience
        assert apply_sync(sync, context).requests == 0
    shop.people([{"customer_id": "new", "first_name": "New"}])
    assert apply_sync(sync, context).removals == len(audience) - 1
    assert READERS[name](sync, context, receiver) == {"new": "New"}
