"""`sync status` and `sync log`: every row that was not delivered, and every run that was not, has its reason."""

from dataclasses import replace

import pytest

from reverse_etl.context import SyncContext
from reverse_etl.history import sync_log, sync_status
from reverse_etl.simulators.base import Fault
from reverse_etl.simulators.webhook import WebhookSimulator
from reverse_etl.spec import Breakers, Sync
from reverse_etl.sync import apply_sync
from tests.reverse_etl.conftest import Shop

Reasons = dict[str | None, tuple[str, str | None]]


def reasons(sync: Sync, context: SyncContext) -> Reasons:
    """Status and reason of each row that was not delivered, by customer."""
    _, rows = sync_log(sync, context.state_dir)
    return {row.customer_id: (row.status, row.reason) for row in rows}


def last(sync: Sync, context: SyncContext) -> tuple[str, str | None, str | None]:
    run = sync_status(sync, context.state_dir).last_run
    assert run is not None
    return run.status, run.reason, run.accepted_breakers


def test_each_class_of_rows_has_its_reason(
    shop: Shop, context: SyncContext, hook: Sync, receiver: WebhookSimulator
) -> None:
    receiver.judge = lambda one: "no" if one["external_id"] in "ab" else None
    shop.named("a", "c")
    apply_sync(hook, context)
    shop.blocks = [("w", "email", "newsletter", "withdrawn")]
    people = [{"customer_id": one, "email": f"{one}@example.com"} for one in "abcdw"]
    shop.people([*people, {"customer_id": None, "email": "n@example.com"}])
    assert apply_sync(hook, context).status == "delivered"
    assert reasons(hook, context) == {
        "a": ("waiting", "no"),
        "b": ("rejected", "no"),
        "w": ("withheld", "withdrawn"),
        None: ("quarantined", "null_key"),
    }


def test_a_stopped_run_says_why_and_so_does_each_row_that_waits(
    shop: Shop, context: SyncContext, hook: Sync, receiver: WebhookSimulator
) -> None:
    shop.named(*"abcdef")
    receiver.faults.extend([None, Fault(401)])
    assert apply_sync(hook, context).status == "stopped"
    assert reasons(hook, context) == dict.fromkeys("ef", ("pending", "HTTP 401 Unauthorized"))
    assert last(hook, context) == ("open", "HTTP 401 Unauthorized", None)


def test_a_row_that_was_not_sent_says_so(
    shop: Shop, context: SyncContext, hook: Sync, receiver: WebhookSimulator
) -> None:
    shop.named(*(f"c{number:02}" for number in range(60)))
    receiver.faults.extend([Fault(401)] * 15)
    apply_sync(hook, context)
    assert reasons(hook, context)["c00"] == ("pending", "HTTP 401 Unauthorized")
    assert reasons(hook, context)["c59"] == ("pending", "not sent yet")


def test_a_row_nobody_answered_for_says_so(
    shop: Shop, context: SyncContext, hook: Sync, receiver: WebhookSimulator
) -> None:
    def crash(step: str) -> None:
        if step == "intended":
            raise KeyboardInterrupt

    shop.named("a")
    with pytest.raises(KeyboardInterrupt):
        apply_sync(hook, replace(context, on_step=crash))
    assert reasons(hook, context) == {"a": ("pending", "sent, and not answered")}


def test_the_status_names_what_held_a_run_and_what_was_overridden(
    shop: Shop, context: SyncContext, hook: Sync
) -> None:
    shop.named(*"abcd")
    apply_sync(hook, context)
    shop.named("a", "b")
    hook = replace(hook, breakers=Breakers())
    apply_sync(hook, context)
    reason = "max_removed_share: 2 of 4 (50.0%) is above 30.0%"
    assert last(hook, context) == ("held", reason, None)
    apply_sync(hook, context, accept=["max_removed_share"])
    assert last(hook, context) == ("delivered", None, "max_removed_share")


def test_a_hold_of_an_interrupted_run_is_shown(
    shop: Shop, context: SyncContext, hook: Sync, receiver: WebhookSimulator
) -> None:
    shop.named("a")
    receiver.faults.append(Fault(401))
    apply_sync(hook, context)
    shop.verdict = ("hold", "the audience halved")
    shop.named("a")
    assert apply_sync(hook, context).status == "held"
    assert last(hook, context) == ("open", "gate: the audience halved", None)
    shop.verdict = ("pass", None)
    shop.named("a")
    assert apply_sync(hook, context).recovered == 1
    assert last(hook, context) == ("unchanged", None, None)
