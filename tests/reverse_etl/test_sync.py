"""What an apply does, seen from the destination and the state folder."""

from reverse_etl.context import SyncContext
from reverse_etl.receiver import Receiver
from reverse_etl.spec import Sync
from reverse_etl.sync import apply_sync
from tests.reverse_etl.conftest import Shop


def test_delivers_everyone_once(
    shop: Shop, context: SyncContext, hook: Sync, receiver: Receiver
) -> None:
    shop.named(*"abcdefghij")
    first = apply_sync(hook, context)
    assert (first.status, first.accepted, first.requests, first.exit_code) == (
        "delivered",
        10,
        3,
        0,
    )
    assert receiver.unverified == 0
    assert {key for _, key in receiver.members} == set("abcdefghij")
    second = apply_sync(hook, context)
    assert (second.status, second.requests, receiver.requests) == ("unchanged", 0, 3)
