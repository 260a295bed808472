"""What applying a sync does, seen from the destination and the state folder."""

from dataclasses import replace

import duckdb
import pytest

from audiences.errors import WorkError
from reverse_etl.context import SyncContext
from reverse_etl.history import sync_log
from reverse_etl.simulators.base import Fault
from reverse_etl.simulators.webhook import WebhookSimulator
from reverse_etl.spec import Sync
from reverse_etl.sync import apply_sync, plan_sync
from tests.reverse_etl.conftest import MakeSync, Shop
from tests.reverse_etl.told import RECEIPT_COLUMNS, held_ids, receipts, run_records


def test_delivers_everyone_once(
    shop: Shop, context: SyncContext, hook: Sync, receiver: WebhookSimulator
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
    assert held_ids(receiver) == set("abcdefghij")
    second = apply_sync(hook, context)
    assert (second.status, second.requests, len(receiver.requests)) == ("unchanged", 0, 3)


def test_sends_only_what_came_changed_and_left(
    shop: Shop, context: SyncContext, hook: Sync, receiver: WebhookSimulator
) -> None:
    shop.named(*"abcd")
    apply_sync(hook, context)
    shop.people(
        [
            {"customer_id": "a", "email": "A@example.com "},
            {"customer_id": "b", "email": "new@example.com"},
            {"customer_id": "e", "email": "e@example.com"},
        ]
    )
    result = apply_sync(hook, context)
    assert (result.adds, result.changes, result.removals, result.requests) == (1, 1, 2, 2)
    assert held_ids(receiver) == set("abe")
    assert receiver.members[(hook.name, "b")]["email"] == "new@example.com"


def test_unmapped_columns_cause_no_request(shop: Shop, context: SyncContext, hook: Sync) -> None:
    shop.named("a", score=1)
    apply_sync(hook, context)
    shop.named("a", score=2)
    assert apply_sync(hook, context).requests == 0


@pytest.mark.parametrize(
    ("mode", "on_exit", "expected"),
    [
        ("upsert", "keep", (1, 1, 0)),
        ("upsert", "remove", (1, 1, 1)),
        ("mirror", "remove", (1, 1, 1)),
        ("mirror", "keep", (1, 1, 0)),
        ("insert", "keep", (1, 0, 0)),
        ("update", "keep", (0, 1, 0)),
    ],
)
def test_modes(  # noqa: PLR0917
    shop: Shop, context: SyncContext, hook: Sync, mode: str, on_exit: str, expected: tuple[int, ...]
) -> None:
    shop.named("a", "b")
    apply_sync(hook, context)
    shop.people([{"customer_id": "b", "email": "x@example.com"}, {"customer_id": "c"}])
    result = apply_sync(replace(hook, mode=mode, on_exit=on_exit), context)
    assert (result.adds, result.changes, result.removals) == expected


def test_plan_sends_nothing_and_names_itself(
    shop: Shop, context: SyncContext, hook: Sync, receiver: WebhookSimulator
) -> None:
    shop.named(*"abcde")
    plan = plan_sync(hook, context)
    assert (plan.adds, plan.planned, plan.requests, len(receiver.requests)) == (5, 5, 2, 0)
    assert plan_sync(hook, context).plan_id == plan.plan_id
    result = apply_sync(hook, context, plan_id=plan.plan_id)
    assert (result.plan_id, result.accepted) == (plan.plan_id, 5)


def test_a_reviewed_plan_is_refused_when_something_moved(
    shop: Shop, context: SyncContext, hook: Sync, receiver: WebhookSimulator
) -> None:
    shop.named(*"abc")
    plan = plan_sync(hook, context)
    shop.people(
        [{"customer_id": "a"}, {"customer_id": "b", "email": "b@example.com"}, {"customer_id": "d"}]
    )
    with pytest.raises(WorkError, match="rows that came: 1, went: 1, changed: 1"):
        apply_sync(hook, context, plan_id=plan.plan_id)
    assert len(receiver.requests) == 0
    with pytest.raises(WorkError, match="no plan nonsense"):
        apply_sync(hook, context, plan_id="nonsense")


def test_a_reviewed_plan_does_not_send_whom_it_withheld(
    shop: Shop, context: SyncContext, hook: Sync, receiver: WebhookSimulator
) -> None:
    shop.blocks = [("a", "email", "newsletter", "withdrawn")]
    shop.named("a", "b")
    plan = plan_sync(hook, context)
    assert (plan.adds, plan.withheld) == (1, 1)
    shop.blocks = []
    shop.named("a", "b")
    apply_sync(hook, context, plan_id=plan.plan_id)
    assert held_ids(receiver) == {"b"}


@pytest.mark.parametrize("reason", ["withdrawn", "objected", "unconfirmed", "erased"])
def test_who_took_consent_back_after_the_plan_is_not_sent(
    shop: Shop, context: SyncContext, hook: Sync, receiver: WebhookSimulator, reason: str
) -> None:
    shop.named("a", "b")
    plan = plan_sync(hook, context)
    shop.blocks = [("a", "email", "newsletter", reason)]
    shop.named("a", "b")
    assert apply_sync(hook, context, plan_id=plan.plan_id).withheld == 1
    assert held_ids(receiver) == {"b"}


def test_a_block_withholds_and_lifting_it_delivers(
    shop: Shop, context: SyncContext, hook: Sync, receiver: WebhookSimulator
) -> None:
    shop.blocks = [
        ("a", "email", "newsletter", "unsubscribed"),
        ("b", "sms", "newsletter", "withdrawn"),
        ("c", "email", "surveys", "withdrawn"),
    ]
    shop.named(*"abc")
    result = apply_sync(hook, context)
    assert (result.withheld, result.accepted, result.planned, result.exit_code) == (1, 2, 2, 0)
    assert receipts(context, "customer_id, status, reason")[0] == ("a", "withheld", "unsubscribed")
    shop.blocks = []
    shop.named(*"abc")
    assert apply_sync(hook, context).adds == 1
    assert held_ids(receiver) == set("abc")


def test_a_block_never_removes(
    shop: Shop, context: SyncContext, hook: Sync, receiver: WebhookSimulator
) -> None:
    shop.named("a")
    apply_sync(hook, context)
    shop.blocks = [("a", "email", "newsletter", "withdrawn")]
    shop.people([{"customer_id": "a", "email": "changed@example.com"}])
    result = apply_sync(hook, context)
    assert (result.withheld, result.requests, held_ids(receiver)) == (1, 0, {"a"})


def test_null_and_duplicate_keys_are_set_aside(
    shop: Shop, context: SyncContext, receiver: WebhookSimulator, make_sync: MakeSync
) -> None:
    sync = make_sync(
        key="email", mapping={"external_id": {"column": "email", "normalise": "email"}}
    )
    sync = replace(sync, connection=sync.connection | {"base_url": receiver.url})
    shop.named("a", "b", "c")
    apply_sync(sync, context)
    shop.people(
        [
            {"customer_id": "a", "email": " "},
            {"customer_id": "b", "email": "same@example.com"},
            {"customer_id": "c", "email": "SAME@example.com"},
            {"customer_id": "d", "email": "d@example.com"},
        ]
    )
    result = apply_sync(sync, context)
    assert (result.quarantined, result.adds, result.removals) == (3, 1, 0)
    _, rows = sync_log(sync, context.state_dir)
    assert [(row.customer_id, row.reason) for row in rows if row.status == "quarantined"] == [
        ("a", "null_key"),
        ("b", "duplicate_key"),
        ("c", "duplicate_key"),
    ]


def test_others_members_are_not_touched(
    shop: Shop, context: SyncContext, hook: Sync, receiver: WebhookSimulator
) -> None:
    receiver.members[(hook.name, "theirs")] = {"external_id": "theirs"}
    shop.named("a", "b")
    apply_sync(hook, context)
    shop.named("a")
    apply_sync(hook, context)
    assert held_ids(receiver) == {"a", "theirs"}


def test_receipts_have_the_columns_of_their_source(
    shop: Shop, context: SyncContext, hook: Sync, receiver: WebhookSimulator
) -> None:
    receiver.judge = lambda member: "no" if member["external_id"] == "b" else None
    shop.named("a", "b", entry_seq=3)
    result = apply_sync(hook, context)
    path = (
        context.state_dir
        / "receipts"
        / "as_of=2026-03-31"
        / f"{hook.name}__{result.run_id}.parquet"
    )
    assert list(path.parent.iterdir()) == [path]
    with duckdb.connect() as connection:
        described = connection.execute(f"describe select * from '{path}'").fetchall()
    assert {row[0]: row[1] for row in described if row[0] != "as_of"} == RECEIPT_COLUMNS
    columns = "run_id, batch_id, customer_id, entry_seq, operation, status, reason, attempts"
    batch = f"{result.run_id}-000001"
    assert receipts(context, columns) == [
        (result.run_id, batch, "a", 3, "upsert", "accepted", None, 1),
        (result.run_id, batch, "b", 3, "upsert", "rejected", "no", 1),
    ]


def test_no_receipts_when_nothing_happened(shop: Shop, context: SyncContext, hook: Sync) -> None:
    shop.named("a")
    apply_sync(hook, context)
    apply_sync(hook, context)
    assert len(list((context.state_dir / "receipts").rglob("*.parquet"))) == 1


def test_each_run_leaves_a_record_of_what_it_did(
    shop: Shop, context: SyncContext, hook: Sync, receiver: WebhookSimulator
) -> None:
    receiver.judge = lambda member: "bad" if member["external_id"] == "a" else None
    shop.named(*"abcdefgh")
    apply_sync(hook, context)
    apply_sync(hook, context)
    shop.people([])
    apply_sync(hook, context)
    counts = "status, planned, accepted, rejected, pending, requests, reason is not null"
    assert run_records(context, counts) == [
        ("delivered", 8, 7, 1, 0, 2, False),
        ("unchanged", 0, 0, 0, 0, 0, False),
        ("held", 0, 0, 0, 0, 0, True),
    ]
    receiver.faults.append(Fault(401))
    shop.named(*"bcdefghi")
    apply_sync(hook, context)
    assert run_records(context, counts)[-1] == ("open", 1, 0, 0, 1, 1, False)
    apply_sync(hook, context)
    assert run_records(context, counts)[-2:] == [
        ("interrupted", 1, 1, 0, 0, 2, False),
        ("unchanged", 0, 0, 0, 0, 0, False),
    ]
