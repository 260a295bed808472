"""What goes over the wire, and how each kind of answer is taken."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import standardwebhooks

from reverse_etl.context import Retry, SyncContext
from reverse_etl.errors import SyncError
from reverse_etl.simulators.base import Fault, Request
from reverse_etl.simulators.webhook import WebhookSimulator
from reverse_etl.spec import Sync
from reverse_etl.sync import apply_sync
from tests.reverse_etl.conftest import SECRET, MakeSync, Shop


def test_the_request_is_a_signed_standard_webhook(
    shop: Shop, context: SyncContext, hook: Sync, receiver: WebhookSimulator
) -> None:
    shop.named("a", "b")
    run = apply_sync(hook, context)
    shop.named("a")
    apply_sync(hook, context)
    (first, second) = receiver.requests
    body, headers, removal = first.body, dict(first.headers), second.body
    verified = standardwebhooks.Webhook(SECRET).verify(body, headers)
    assert verified == {
        "type": "members.upserted",
        "sync": hook.name,
        "audience": "people",
        "run_id": run.run_id,
        "members": [
            {"email": f"{n}@example.com", "external_id": n, "first_name": "", "source": "perennial"}
            for n in "ab"
        ],
    }
    assert json.loads(removal)["type"] == "members.removed"
    assert json.loads(removal)["members"] == [{"external_id": "b"}]
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(SECRET).verify(body.replace(b"a@", b"x@"), headers)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(429),
        Fault(500),
        Fault(503),
        Fault(408),
        Fault(cuts=True),
        Fault(cuts=True, does_work=True),
        Fault(200, body=b"<html>captive portal</html>"),
        Fault(200, body=b'{"results": [{"ind', does_work=True),
        Fault(200, body=b'{"results": [{"index": 9, "status": "rejected"}]}'),
        Fault(200, body=b'{"results": [{"index": 0, "status": "queued"}]}'),
        Fault(200, body=b"[]"),
    ],
    ids=lambda fault: f"{fault.status}{'-cut' if fault.cuts else ''}-{len(fault.body)}",
)
def test_a_passing_fault_is_tried_again_under_the_same_id(
    shop: Shop, context: SyncContext, hook: Sync, receiver: WebhookSimulator, fault: Fault
) -> None:
    receiver.faults.append(fault)
    shop.named("a", "b")
    result = apply_sync(hook, context)
    assert (result.status, result.accepted, result.requests) == ("delivered", 2, 2)
    assert receiver.message_ids[0] == receiver.message_ids[1]


@pytest.mark.parametrize("body", [b"", b"ok", b"{}", b'{"results": []}'])
def test_a_success_without_names_accepts_all(
    shop: Shop, context: SyncContext, hook: Sync, receiver: WebhookSimulator, body: bytes
) -> None:
    receiver.faults.append(Fault(202, body=body))
    shop.named("a", "b")
    assert apply_sync(hook, context).accepted == 2


@pytest.mark.parametrize("status", [301, 401, 403, 404, 410])
def test_a_closed_door_is_not_knocked_on_again(
    shop: Shop, context: SyncContext, hook: Sync, receiver: WebhookSimulator, status: int
) -> None:
    receiver.faults.append(Fault(status, headers=(("location", "/elsewhere"),)))
    shop.named(*"abcdef")
    result = apply_sync(hook, context)
    assert (result.status, result.requests, result.pending, result.exit_code) == (
        "stopped",
        1,
        6,
        1,
    )
    assert str(status) in str(result.problem)


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_refused_batch_is_halved_until_the_bad_rows_stand_alone(
    shop: Shop, context: SyncContext, hook: Sync, receiver: WebhookSimulator, status: int
) -> None:
    work = receiver.work

    def refuse(request: Request) -> Fault:
        if any(member["external_id"] in "bg" for member in request.json()["members"]):
            return Fault(status, body=b'{"error": "unknown country"}')
        return work(request)

    receiver.work = refuse  # type: ignore[method-assign]
    shop.named(*"abcdefgh")
    result = apply_sync(replace(hook, max_rows=8), context)
    assert (result.accepted, result.rejected, result.pending) == (6, 2, 0)
    assert {key for _, key in receiver.members} == set("acdefh")
    assert len(receiver.requests) == result.requests < 12


def test_retry_after_as_seconds_and_as_a_date(
    shop: Shop, context: SyncContext, hook: Sync, receiver: WebhookSimulator, waits: list[float]
) -> None:
    now = datetime(2026, 4, 1, 12, 0, tzinfo=UTC)
    later = format_datetime(now + timedelta(seconds=90), usegmt=True)
    receiver.secret = None
    receiver.faults.extend(
        Fault(status, headers=(("Retry-After", value),))
        for status, value in ((429, "7"), (503, later))
    )
    shop.named("a")
    result = apply_sync(hook, replace(context, clock=lambda: now))
    # From when it was asked, of which a little has passed when the thread comes to wait.
    assert waits == pytest.approx([7, 90], abs=0.5)
    assert result.accepted == 1


def test_patience_has_a_budget(
    shop: Shop, context: SyncContext, hook: Sync, receiver: WebhookSimulator, waits: list[float]
) -> None:
    receiver.faults.append(Fault(429, headers=(("Retry-After", "3600"),)))
    shop.named("a")
    result = apply_sync(hook, context)
    assert (result.status, result.requests, waits) == ("stopped", 1, [])


def test_waits_grow_and_vary(
    shop: Shop, context: SyncContext, hook: Sync, receiver: WebhookSimulator, waits: list[float]
) -> None:
    receiver.faults.extend([Fault(500)] * 4)
    shop.named("a")
    apply_sync(hook, replace(context, retry=Retry(attempts=5, first_wait=1, longest_wait=4)))
    assert all(
        low <= wait <= high
        for wait, (low, high) in zip(waits, [(0.5, 1), (1, 2), (2, 4), (2, 4)], strict=True)
    )


@pytest.mark.parametrize(
    ("connection", "message"),
    [
        ({"base_url": "https://example.com/hook"}, "connection.signing_secret: is missing"),
        ({"base_url": "ftp://127.0.0.1/"}, "connection.base_url: is no http"),
        (
            {"base_url": "http://localhost/", "signing_secret": "${HUSH}"},
            "connection.signing_secret: is not whsec_",
        ),
        (
            {"base_url": "http://localhost/", "signing_secret": "${PERCENT}"},
            "connection.signing_secret: is not whsec_",
        ),
    ],
)
def test_what_a_webhook_connection_may_not_say(
    shop: Shop, context: SyncContext, make_sync: MakeSync, connection: dict[str, str], message: str
) -> None:
    shop.named("a")
    told = replace(context, environment={"HUSH": "hush", "PERCENT": "whsec_%%"})
    with pytest.raises(SyncError, match=message) as caught:
        apply_sync(make_sync(connection=connection), told)
    assert not re.search("hush|%%", str(caught.value))


Receive = Callable[[dict[str, str], bytes], Fault]


def test_unsigned_on_loopback(
    shop: Shop, context: SyncContext, make_sync: MakeSync, receiver: WebhookSimulator
) -> None:
    receiver.secret = None
    shop.named("a")
    sync = make_sync(connection={"base_url": receiver.url})
    assert apply_sync(sync, context).accepted == 1


@pytest.mark.parametrize("mode", ["list", "snapshot"])
def test_modes_a_webhook_does_not_offer(make_sync: MakeSync, mode: str) -> None:
    with pytest.raises(SyncError, match=f"destination webhook does not offer mode {mode}"):
        make_sync(mode=mode)


def test_each_entry_is_told_once_under_an_id_of_its_own(
    shop: Shop, context: SyncContext, make_sync: MakeSync, receiver: WebhookSimulator
) -> None:
    connection = {"base_url": receiver.url, "signing_secret": "${HOOK_SECRET}"}
    sync = make_sync(mode="events", connection=connection)
    receiver.faults.append(Fault(cuts=True, does_work=True))
    shop.named("a", "b")
    assert apply_sync(sync, context).accepted == 2
    first = set(receiver.events)
    shop.people([{"customer_id": "a", "email": "new@example.com"}, {"customer_id": "b"}])
    assert apply_sync(sync, context).requests == 0
    shop.named("b", entry_seq=2)
    assert apply_sync(sync, context).accepted == 1
    shop.named()
    assert apply_sync(sync, context, accept=["allow_empty"]).requests == 0
    told = [member["external_id"] for member in receiver.events.values()]
    assert (len(first), sorted(told)) == (2, ["a", "b", "b"])
    assert not receiver.members


def test_an_event_keeps_the_field_id_for_itself(make_sync: MakeSync) -> None:
    mapping = {"external_id": {"column": "customer_id"}, "id": {"column": "email"}}
    with pytest.raises(SyncError, match=r"mapping\.id: is the id of the event"):
        make_sync(mode="events", mapping=mapping)
