"""Who is blocked while a long delivery is under way: kept back when still here, known as delivered when not."""

import threading
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from reverse_etl.context import SyncContext
from reverse_etl.destinations.base import Answer, Batch, Limits
from reverse_etl.destinations.webhook import WebhookDestination
from reverse_etl.simulators.base import Fault
from reverse_etl.simulators.webhook import WebhookSimulator
from reverse_etl.spec import Sync
from reverse_etl.sync import apply_sync
from tests.reverse_etl.conftest import Shop
from tests.reverse_etl.told import held_ids

NAMES = [f"c{number:02}" for number in range(16)]  # four batches of four


class Meanwhile:
    """Blocks people, and lets the clock run on by a minute, when a step is heard for the n-th time."""

    def __init__(self, shop: Shop, step: str, count: int, *blocked: str) -> None:
        self.shop, self.step, self.count, self.blocked = shop, step, count, blocked
        self.heard = Counter[str]()
        self.late = timedelta(0)

    def on_step(self, name: str) -> None:
        self.heard[name] += 1
        if name == self.step and self.heard[name] == self.count:
            self.late = timedelta(seconds=61)
            self.shop.blocks = [(one, "email", "newsletter", "withdrawn") for one in self.blocked]
            self.shop.named(*NAMES)

    def clock(self) -> datetime:
        return datetime.now(UTC) + self.late

    def within(self, context: SyncContext) -> SyncContext:
        return replace(context, clock=self.clock, on_step=self.on_step)


def test_people_blocked_during_a_delivery_are_kept_back(
    shop: Shop, context: SyncContext, hook: Sync, receiver: WebhookSimulator
) -> None:
    shop.named(*NAMES)
    result = apply_sync(hook, Meanwhile(shop, "recorded", 1, "c00", "c15").within(context))
    assert (result.accepted, result.withheld) == (15, 1)
    assert held_ids(receiver) == set(NAMES) - {"c15"}


def test_people_blocked_while_under_way_are_known_as_delivered_and_removed(
    shop: Shop,
    context: SyncContext,
    hook: Sync,
    receiver: WebhookSimulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    send = WebhookDestination.send
    meanwhile, were_read = Meanwhile(shop, "recorded", 1, "c04", "c15"), threading.Event()

    def on_step(name: str) -> None:
        meanwhile.on_step(name)
        if meanwhile.heard["intended"] == 4:  # the last batch leaves after the blocks were read
            were_read.set()

    def send_slowly(self: WebhookDestination, batch: Batch) -> Answer:
        answer = send(self, batch)
        assert '"c04"' not in batch.payloads[0] or were_read.wait(timeout=60)
        return answer

    monkeypatch.setattr(WebhookDestination, "limits", Limits(concurrency=2))
    monkeypatch.setattr(WebhookDestination, "send", send_slowly)
    shop.named(*NAMES)
    result = apply_sync(hook, replace(meanwhile.within(context), on_step=on_step))
    assert (result.accepted, result.withheld) == (15, 1)
    assert held_ids(receiver) == set(NAMES) - {"c15"}
    shop.named(*(name for name in NAMES if name not in {"c04", "c15"}))
    assert apply_sync(hook, context).removals == 1
    assert held_ids(receiver) == set(NAMES) - {"c04", "c15"}


def test_a_part_of_a_refused_batch_leaves_without_who_was_blocked_since(
    shop: Shop, context: SyncContext, hook: Sync, receiver: WebhookSimulator
) -> None:
    shop.named(*NAMES)
    receiver.faults.extend([None, Fault(400)])
    result = apply_sync(hook, Meanwhile(shop, "recorded", 1, "c05").within(context))
    assert (result.accepted, result.withheld) == (15, 1)
    assert held_ids(receiver) == set(NAMES) - {"c05"}
