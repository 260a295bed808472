"""Alerts: told once a day and cause, to a real receiver; what cannot be sent harms nothing."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from audiences.errors import InputError, WorkError
from orchestration.sync_runs import run_sync
from reverse_etl.context import SyncContext
from reverse_etl.errors import SyncError
from reverse_etl.simulators.base import Fault
from reverse_etl.simulators.webhook import WebhookSimulator
from reverse_etl.spec import Breakers, Sync
from tests.reverse_etl.conftest import Shop
from tests.reverse_etl.listener import Listener, listening
from tests.reverse_etl.told import with_breakers

Printed = pytest.CaptureFixture[str]


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


@pytest.fixture
def told(context: SyncContext, listener: Listener) -> SyncContext:
    return with_addresses(context, "${OPS}", OPS=listener.address)


def with_addresses(context: SyncContext, addresses: str, **named: str) -> SyncContext:
    environment = {**context.environment, "PERENNIAL_ALERTS": addresses, **named}
    return replace(context, environment=environment)


def hold(shop: Shop, hook: Sync, context: SyncContext) -> Sync:
    """Deliver to four people, then let two go, which the breaker holds."""
    shop.named(*"abcd")
    run_sync(hook, context)
    shop.named("a", "b")
    return replace(hook, breakers=Breakers())


def test_nothing_is_said_of_a_run_that_went_well(
    shop: Shop, told: SyncContext, hook: Sync, listener: Listener
) -> None:
    shop.named("a")
    assert run_sync(hook, told).exit_code == 0
    assert run_sync(hook, told).exit_code == 0
    assert listener.heard == []


def test_a_held_run_is_told_once_a_day_and_cause(
    shop: Shop, told: SyncContext, hook: Sync, listener: Listener
) -> None:
    hook = hold(shop, hook, told)
    for _ in range(3):
        run_sync(hook, told)
    [(title, body)] = listener.heard
    assert title == "Perennial: sync people_to_webhook was held"
    assert "max_removed_share: 2 of 4 (50.0%) is above 30.0%" in body
    assert "perennial sync plan people_to_webhook" in body
    shop.people([])
    run_sync(hook, told)
    assert "allow_empty: the audience is empty" in listener.heard[1][1]
    tomorrow = replace(told, clock=lambda: datetime(2999, 1, 1, tzinfo=UTC))
    run_sync(hook, tomorrow)
    run_sync(hook, tomorrow)
    assert len(listener.heard) == 3
    assert [day.name for day in (told.state_dir / "alerts").iterdir()] == ["2999-01-01"]


def test_a_gate_that_holds_is_told(
    shop: Shop, told: SyncContext, hook: Sync, listener: Listener
) -> None:
    shop.verdict = ("hold", "the audience halved")
    shop.named("a")
    run_sync(hook, told)
    assert "gate: the audience halved" in listener.heard[0][1]


def test_a_destination_that_stays_down_is_told(
    shop: Shop, told: SyncContext, hook: Sync, listener: Listener, receiver: WebhookSimulator
) -> None:
    shop.named("a", "b")
    receiver.faults.extend([Fault(503, body=b"a@example.com is down")] * 9)
    assert run_sync(hook, told).status == "stopped"
    [(title, body)] = listener.heard
    assert title == "Perennial: sync people_to_webhook stopped"
    assert "2 of 2 rows wait (HTTP 503)" in body
    assert run_sync(hook, told).status == "stopped"
    assert len(listener.heard) == 1


def test_too_many_rejected_rows_are_told(
    shop: Shop, told: SyncContext, hook: Sync, listener: Listener, receiver: WebhookSimulator
) -> None:
    receiver.judge = lambda member: (
        f"{member['email']} is no address" if member["email"][0] in "ab" else None
    )
    shop.named(*"abcdef")
    assert run_sync(hook, told).rejected == 2
    assert listener.heard == []
    shop.named(*"abcdef", first_name="Eve")
    run_sync(with_breakers(hook, max_rejected_share=0.1), told)
    shop.named(*"abcdef")
    run_sync(with_breakers(hook, max_rejected_share=0.1), told)
    [(title, body)] = listener.heard
    assert title == "Perennial: sync people_to_webhook: 2 of 6 rows were rejected"
    assert "perennial sync log people_to_webhook" in body
    assert "address" not in body


def test_a_run_that_breaks_off_is_told(
    shop: Shop, told: SyncContext, hook: Sync, listener: Listener
) -> None:
    shop.named("a")
    unset = replace(told, environment=dict(told.environment) | {"HOOK_SECRET": ""})
    with pytest.raises(SyncError):
        run_sync(hook, unset)
    assert "${HOOK_SECRET} is not set" in listener.heard[0][1]
    shop.path.unlink()
    with pytest.raises(WorkError):
        run_sync(hook, told)
    assert "there is no warehouse" in listener.heard[1][1]


def test_wrong_words_of_a_command_are_told_to_nobody(
    shop: Shop, told: SyncContext, hook: Sync, listener: Listener
) -> None:
    shop.named("a")
    with pytest.raises(InputError):
        run_sync(hook, told, accept=["everything"])
    with pytest.raises(SyncError):
        run_sync(replace(hook, status="paused"), told)
    assert listener.heard == []


@pytest.mark.parametrize(
    ("addresses", "said"),
    [
        ("${NOBODY}", "address 1 of PERENNIAL_ALERTS names ${NOBODY}, which is not set"),
        ("nonsense://${HOOK_SECRET}", "address 1 of PERENNIAL_ALERTS is unknown"),
        ("${OPS} json://127.0.0.1:9/hush", "address 2 of PERENNIAL_ALERTS did not take it"),
    ],
)
def test_an_alert_that_cannot_be_sent_harms_nothing(  # noqa: PLR0917
    shop: Shop,
    told: SyncContext,
    hook: Sync,
    capfd: Printed,
    addresses: str,
    said: str,
) -> None:
    told = with_addresses(told, addresses)
    hook = hold(shop, hook, told)
    assert run_sync(hook, told).status == "held"
    [line] = capfd.readouterr().err.splitlines()
    title = "sync people_to_webhook was held"
    assert line == f"warning: an alert was not sent, '{title}': {said}"


def test_an_alert_nobody_took_is_tried_again(
    shop: Shop, told: SyncContext, hook: Sync, listener: Listener, capfd: Printed
) -> None:
    hook = hold(shop, hook, told)
    listener.status = 500
    run_sync(hook, told)
    assert "did not take it" in capfd.readouterr().err
    listener.status = 200
    run_sync(hook, told)
    run_sync(hook, told)
    assert (len(listener.heard), capfd.readouterr().err) == (2, "")
