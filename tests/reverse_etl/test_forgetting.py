"""People who were forgotten are not sent, are removed where they are held, and then are in no byte of a ledger."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from audiences.erasures import bury, sweep_state
from audiences.errors import WorkError
from reverse_etl.context import SyncContext
from reverse_etl.forgetting import Remainder, forget_in_ledgers
from reverse_etl.ledger_file import ledger_path
from reverse_etl.simulators.webhook import WebhookSimulator
from reverse_etl.spec import Sync
from reverse_etl.sync import apply_sync, plan_sync
from tests.reverse_etl.conftest import FILE, MakeSync, Shop
from tests.reverse_etl.told import held_ids, receipts, with_breakers

ADA, BEN, CEM = "customer-ada", "customer-ben", "customer-cem"
NOW = datetime(2026, 4, 1, 9)
MODES = ("mirror", "upsert", "insert", "update")


def forget(context: SyncContext, *people: str, sync: Sync | None = None) -> list[Remainder]:
    bury(context.state_dir, people, NOW)
    sweep_state(context.state_dir)
    return forget_in_ledgers(context.state_dir, {sync.name: sync} if sync else {})


def traces(context: SyncContext, *words: str) -> list[str]:
    """Files of the state folder whose bytes hold one of the words."""
    return [
        file.name
        for file in sorted(context.state_dir.rglob("*"))
        if file.is_file() and any(word.encode() in file.read_bytes() for word in words)
    ]


def test_who_was_forgotten_before_is_not_sent(
    shop: Shop, hook: Sync, context: SyncContext, receiver: WebhookSimulator
) -> None:
    shop.named(ADA, BEN)
    bury(context.state_dir, [ADA], NOW)
    assert apply_sync(hook, context).adds == 1
    assert held_ids(receiver) == {BEN}
    assert traces(context, ADA) == []


def test_forgotten_between_plan_and_apply_nothing_is_sent(
    shop: Shop, hook: Sync, context: SyncContext, receiver: WebhookSimulator
) -> None:
    shop.named(ADA, BEN)
    plan = plan_sync(hook, context)
    assert forget(context, ADA, sync=hook) == []
    with pytest.raises(WorkError, match="rows that came: 0, went: 1"):
        apply_sync(hook, context, plan.plan_id)
    assert held_ids(receiver) == set()
    apply_sync(hook, context)
    assert held_ids(receiver) == {BEN}
    assert traces(context, ADA) == []


@pytest.mark.parametrize(
    "keys", [{"mode": mode, "on_exit": "keep"} for mode in MODES] + [{"mode": "mirror"}], ids=str
)
def test_who_is_held_is_removed_and_then_gone_from_every_byte(
    shop: Shop, hook: Sync, context: SyncContext, receiver: WebhookSimulator, keys: dict[str, str]
) -> None:
    shop.named(ADA, BEN, CEM)
    apply_sync(hook, context)
    sync = with_breakers(replace(hook, **keys), max_removed_share=0.0)
    assert forget(context, ADA, sync=sync) == [Remainder(hook.name, removals=1)]
    assert traces(context, ADA) == [f"{hook.name}.duckdb"]

    result = apply_sync(sync, context)  # the warehouse still has the person
    assert (result.removals, result.accepted, result.status) == (1, 1, "delivered")
    assert held_ids(receiver) == {BEN, CEM}
    assert traces(context, ADA, f"{ADA}@example.com") == []
    told = sorted(receipts(context, "operation, customer_id"), key=str)
    assert told == [
        ("remove", None), ("upsert", BEN), ("upsert", CEM), ("upsert", None),
    ]  # fmt: skip
    assert forget(context, ADA, sync=sync) == []
    assert apply_sync(sync, context).status == "unchanged"


def test_the_last_person_may_be_forgotten(
    shop: Shop, hook: Sync, context: SyncContext, receiver: WebhookSimulator
) -> None:
    shop.named(ADA)
    apply_sync(hook, context)
    forget(context, ADA, sync=hook)
    assert apply_sync(hook, context).status == "delivered"
    assert held_ids(receiver) == set()


def test_a_snapshot_is_written_without_the_person(
    shop: Shop, make_sync: MakeSync, context: SyncContext
) -> None:
    sync = make_sync(FILE, mode="snapshot")
    shop.named(ADA, BEN)
    apply_sync(sync, context)
    file = shop.root / "out" / "people_to_file.csv"
    assert ADA in file.read_text()
    assert forget(context, ADA, sync=sync) == [Remainder(sync.name, removals=1, is_file=True)]
    apply_sync(sync, context)
    assert ADA not in file.read_text()
    assert BEN in file.read_text()
    assert traces(context, ADA) == []


def test_what_waits_says_why(shop: Shop, hook: Sync, context: SyncContext) -> None:
    shop.named(ADA, BEN)
    apply_sync(hook, context)
    paused = replace(hook, status="paused")
    assert forget(context, ADA, sync=paused) == [Remainder(hook.name, removals=1, is_paused=True)]


@pytest.mark.parametrize("moved", [True, False])
def test_what_no_sync_can_remove_is_said_and_forgotten(
    shop: Shop, make_sync: MakeSync, context: SyncContext, moved: bool
) -> None:
    shop.named(ADA, BEN)
    apply_sync(make_sync(FILE), context)
    sync = make_sync(FILE, connection={"path": "elsewhere", "format": "csv"}) if moved else None
    [remainder] = forget(context, ADA, sync=sync)
    assert (remainder.by_hand, remainder.removals) == (1, 0)
    assert traces(context, ADA) == []


def test_a_rejected_removal_is_tried_again(
    shop: Shop, hook: Sync, context: SyncContext, receiver: WebhookSimulator
) -> None:
    shop.named(ADA, BEN)
    apply_sync(hook, context)
    forget(context, ADA, sync=hook)
    receiver.judge = lambda member: "not today" if member["external_id"] == ADA else None
    assert apply_sync(hook, context).rejected == 1
    assert ADA not in {row[0] for row in receipts(context, "customer_id")}
    receiver.judge = lambda _member: None
    assert apply_sync(hook, context).accepted == 1
    assert traces(context, ADA) == []


def test_a_ledger_that_is_in_use_is_left_to_its_run(
    shop: Shop, hook: Sync, context: SyncContext
) -> None:
    shop.named(ADA, BEN)
    found: list[Any] = []

    def interfere(step: str) -> None:
        if step == "planned":
            found.extend(forget(context, ADA, sync=hook))

    apply_sync(hook, replace(context, on_step=interfere))
    assert found == [Remainder(hook.name, is_busy=True)]
    assert apply_sync(hook, context).removals == 1
    sweep_state(context.state_dir)
    assert traces(context, ADA) == []


def test_a_key_shared_with_somebody_who_stays_is_theirs(
    shop: Shop, make_sync: MakeSync, context: SyncContext
) -> None:
    sync = make_sync(FILE, key="email", mapping={"email": {"column": "email"}})
    shop.people([{"customer_id": ADA, "email": "home@example.com"}])
    apply_sync(sync, context)
    forget(context, ADA, sync=sync)
    shop.people([{"customer_id": BEN, "email": "home@example.com"}])
    assert apply_sync(sync, context).changes == 1
    assert traces(context, ADA) == []


def test_the_file_survives_being_written_anew(
    shop: Shop, hook: Sync, context: SyncContext, receiver: WebhookSimulator
) -> None:
    shop.named(ADA, BEN)
    apply_sync(hook, context)
    forget(context, ADA, sync=hook)
    apply_sync(hook, context)
    folder = ledger_path(context.state_dir, hook.name).parent
    assert [file.name for file in folder.iterdir()] == [f"{hook.name}.duckdb"]
    shop.named(BEN, CEM)
    assert apply_sync(hook, context).adds == 1
    assert held_ids(receiver) == {BEN, CEM}
