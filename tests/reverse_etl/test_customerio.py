"""Customer.io: what goes over the wire in each mode, its limits and its traps."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from audiences.erasures import bury
from reverse_etl.context import SyncContext
from reverse_etl.errors import SyncError
from reverse_etl.simulators.base import Fault, Request
from reverse_etl.simulators.customerio import BYTES, CustomerioSimulator
from reverse_etl.spec import Sync
from reverse_etl.sync import apply_sync
from tests.reverse_etl.conftest import MakeSync, Shop
from tests.reverse_etl.counterparts.customerio import PEOPLE_TO_CUSTOMERIO
from tests.reverse_etl.descriptions import RequestError, check_request, check_requests, description

BATCH, ADD, REMOVE = (
    "/api/v2/batch",
    "/api/v1/segments/7/add_customers",
    "/api/v1/segments/7/remove_customers",
)
WITHOUT_SEGMENT = {"mode": "upsert", "on_exit": "keep", "connection": {}}
EVENTS = {"mode": "events", "on_exit": "keep", "connection": {"event": "Entered winback"}}
MAPPING: dict[str, Any] = PEOPLE_TO_CUSTOMERIO["mapping"]


@pytest.fixture
def workspace() -> Iterator[CustomerioSimulator]:
    with CustomerioSimulator() as workspace:
        workspace.segments[7] = set()
        yield workspace
        check_requests(workspace.requests, "CUSTOMERIO-track")


@pytest.fixture
def told(context: SyncContext) -> SyncContext:
    return replace(context, environment={"SITE": "site_simulated", "KEY": "key_simulated"})


@pytest.fixture
def make(make_sync: MakeSync, workspace: CustomerioSimulator) -> MakeSync:
    """A sync to the workspace; `connection` is what it has beside credentials."""

    def made(**keys: Any) -> Sync:
        own = keys.pop("connection", {"segment_id": 7})
        shared = {"site_id": "${SITE}", "api_key": "${KEY}", "base_url": workspace.url}
        return make_sync(PEOPLE_TO_CUSTOMERIO, connection=shared | own, **keys)

    return made


def bodies(workspace: CustomerioSimulator, path: str = BATCH) -> list[Any]:
    return [request.json() for request in workspace.requests if request.path == path]


def members(workspace: CustomerioSimulator) -> set[str]:
    return {workspace.people[one]["id"] for one in workspace.segments[7]}


def test_people_are_told_of_then_enter_and_later_leave_the_segment(
    shop: Shop, told: SyncContext, make: MakeSync, workspace: CustomerioSimulator
) -> None:
    mapping = MAPPING | {"seen_at": {"column": "last_seen_at"}, "born_on": {"column": "born_on"}}
    shop.people(
        [
            {"customer_id": "a", "first_name": "Ada", "last_seen_at": datetime(2026, 3, 1, 10)},
            {"customer_id": "b"},
        ]
    )
    apply_sync(make(mapping=mapping), told)
    shop.people([{"customer_id": "b"}])
    apply_sync(make(mapping=mapping), told)
    assert [request.path for request in workspace.requests] == [BATCH, ADD, REMOVE]
    ada, ben = bodies(workspace)[0]["batch"]
    assert ada == {
        "type": "person",
        "identifiers": {"id": "a"},
        "action": "identify",
        "attributes": {"first_name": "Ada", "seen_at": 1772359200, "born_on": None},
    }
    assert ben["attributes"] == {"first_name": None, "seen_at": None, "born_on": None}
    assert bodies(workspace, ADD) == [{"ids": ["a", "b"]}]
    assert bodies(workspace, REMOVE) == [{"ids": ["a"]}]
    assert [one.query for one in workspace.requests[1:]] == [{"id_type": "id"}] * 2
    assert members(workspace) == {"b"}
    assert workspace.people[workspace.find("id", "a") or ""]["first_name"] == "Ada"


def test_without_a_segment_nothing_but_people_is_told(
    shop: Shop, told: SyncContext, make: MakeSync, workspace: CustomerioSimulator
) -> None:
    shop.named("a", "b")
    sync = make(**WITHOUT_SEGMENT, key="email", mapping={"email": {"column": "email"}})
    assert apply_sync(sync, told).accepted == 2
    shop.named("b")
    assert apply_sync(sync, told).requests == 0
    [body] = bodies(workspace)
    assert body["batch"][0]["identifiers"] == {"email": "a@example.com"}
    assert len(workspace.people) == 2


def test_a_list_carries_nothing_but_who_it_is(
    shop: Shop, told: SyncContext, make: MakeSync, workspace: CustomerioSimulator
) -> None:
    shop.named("a", first_name="Ada")
    apply_sync(make(mode="list"), told)
    assert list(workspace.people.values()) == [{"id": "a"}]
    shop.named("a", first_name="changed")
    assert apply_sync(make(mode="list"), told).requests == 0
    assert members(workspace) == {"a"}


def test_an_event_is_told_once_however_often_it_is_sent(
    shop: Shop, told: SyncContext, make: MakeSync, workspace: CustomerioSimulator
) -> None:
    sync = make(**EVENTS, mapping=MAPPING | {"timestamp": {"column": "last_seen_at"}})
    person = {"customer_id": "a", "first_name": "Ada", "last_seen_at": datetime(2026, 3, 1, 10)}
    workspace.faults.append(Fault(cuts=True, does_work=True))
    shop.people([person])
    assert apply_sync(sync, told).accepted == 1
    assert bodies(workspace)[0] == bodies(workspace)[1]
    [event] = workspace.events.values()
    assert event == {
        "type": "person",
        "identifiers": {"id": "a"},
        "action": "event",
        "name": "Entered winback",
        "id": event["id"],
        "timestamp": 1772359200,
        "attributes": {"first_name": "Ada"},
    }
    shop.people([person | {"entry_seq": 2}])
    apply_sync(sync, told)
    assert len(workspace.events) == 2


def test_an_update_creates_nobody_again(
    shop: Shop, told: SyncContext, make: MakeSync, workspace: CustomerioSimulator
) -> None:
    shop.named("a", "b", first_name="old")
    apply_sync(make(**WITHOUT_SEGMENT), told)
    workspace.remove(workspace.find("id", "a"))
    shop.named("a", "b", first_name="new")
    result = apply_sync(make(**WITHOUT_SEGMENT | {"mode": "update"}), told)
    assert result.accepted == 2
    assert list(workspace.people.values()) == [{"id": "b", "first_name": "new"}]


def test_an_update_finds_who_was_there_before_the_sync(
    shop: Shop, told: SyncContext, make: MakeSync, workspace: CustomerioSimulator
) -> None:
    workspace.add(id="theirs", first_name="old")
    shop.named("theirs", "nobody", first_name="new")
    apply_sync(make(**WITHOUT_SEGMENT | {"mode": "update"}), told)
    assert [one["first_name"] for one in workspace.people.values()] == ["new"]


@pytest.mark.parametrize("keys", [{}, {"on_exit": "keep"}, EVENTS], ids=str)
def test_who_is_forgotten_is_deleted(
    shop: Shop,
    told: SyncContext,
    make: MakeSync,
    workspace: CustomerioSimulator,
    keys: dict[str, Any],
) -> None:
    shop.named("a", "b", "c")
    apply_sync(make(**keys), told)
    workspace.remove(workspace.find("id", "b"))
    bury(told.state_dir, ["a", "b"], datetime(2026, 4, 1, 9))
    result = apply_sync(make(**keys), told)
    assert (result.removals, result.accepted) == (2, 2)
    assert [one["action"] for one in bodies(workspace)[-1]["batch"]] == ["delete"] * 2
    assert [person["id"] for person in workspace.people.values()] == ["c"]


def test_invalid_rows_are_named_and_stay_out_of_the_segment(
    shop: Shop, told: SyncContext, make: MakeSync, workspace: CustomerioSimulator
) -> None:
    shop.people(
        [
            {"customer_id": "a", "first_name": "Ada"},
            {"customer_id": "b", "first_name": "x" * 1_001},
            {"customer_id": "c" * 151, "first_name": "Cem"},
        ]
    )
    result = apply_sync(make(), told)
    assert (result.accepted, result.rejected, len(bodies(workspace))) == (1, 2, 1)
    assert members(workspace) == {"a"}


def test_an_address_somebody_else_has_is_dropped_in_silence(
    shop: Shop, told: SyncContext, make: MakeSync, workspace: CustomerioSimulator
) -> None:
    """It answered before it knew: nobody can tell the sync."""
    theirs = workspace.add(id="theirs", email="A@example.com")
    shop.named("a")
    sync = make(mapping=MAPPING | {"email": {"column": "email"}})
    assert apply_sync(sync, told).accepted == 1
    assert workspace.failures == ["email"]
    assert workspace.people[theirs] == {"id": "theirs", "email": "A@example.com"}


def test_a_row_above_32_kb_is_not_sent(
    shop: Shop, told: SyncContext, make: MakeSync, workspace: CustomerioSimulator
) -> None:
    shop.people([{"customer_id": "a"}, {"customer_id": "b", "first_name": "ğ" * 16_000}])
    result = apply_sync(make(), told)
    assert (result.accepted, result.rejected) == (1, 1)
    assert [len(body["batch"]) for body in bodies(workspace)] == [1]


def test_a_request_is_below_500_kb_and_1_000_rows(
    shop: Shop, told: SyncContext, make: MakeSync, workspace: CustomerioSimulator
) -> None:
    light = [{"customer_id": f"a{number:04}"} for number in range(1_001)]
    heavy = [{"customer_id": f"b{number:04}", "first_name": "ğ" * 500} for number in range(500)]
    shop.people([*light, *heavy])
    assert apply_sync(make(batch={"max_rows": 5_000}), told).accepted == 1_501
    made = [request for request in workspace.requests if request.path == BATCH]
    assert max(len(request.body) for request in made) < BYTES
    assert max(len(request.json()["batch"]) for request in made) == 1_000
    assert len(members(workspace)) == 1_501


def test_above_its_rate_it_waits_as_it_is_told(
    shop: Shop,
    told: SyncContext,
    make: MakeSync,
    workspace: CustomerioSimulator,
    waits: list[float],
) -> None:
    workspace.clock = lambda: sum(waits)
    shop.named(*(f"a{number}" for number in range(60)))
    assert apply_sync(make(batch={"max_rows": 1}), told).accepted == 60
    assert sum(waits) >= 1


def test_a_malformed_batch_is_halved_until_the_bad_row_stands_alone(
    shop: Shop, told: SyncContext, make: MakeSync, workspace: CustomerioSimulator
) -> None:
    work = workspace.work

    def refuse(request: Request) -> Fault:
        is_bad = request.path == BATCH and any(
            one["identifiers"]["id"] == "b" for one in request.json()["batch"]
        )
        said = {"errors": [{"reason": "invalid", "field": "batch", "message": "is malformed"}]}
        return Fault(400, body=json.dumps(said).encode()) if is_bad else work(request)

    workspace.work = refuse  # type: ignore[method-assign]
    shop.named("a", "b", "c", "d")
    result = apply_sync(make(), told)
    assert (result.accepted, result.rejected) == (3, 1)
    assert members(workspace) == {"a", "c", "d"}


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ({"key": "another"}, "HTTP 401"),
        ({"moved_to": "https://eu.example.com"}, "another region; set connection.base_url"),
        ({"segments": {}}, "HTTP 404"),
        ({"data_driven": {7}}, "segment: segment is not a manual segment"),
    ],
    ids=str,
)
def test_what_somebody_must_mend_stops_the_run(  # noqa: PLR0917
    shop: Shop,
    told: SyncContext,
    make: MakeSync,
    workspace: CustomerioSimulator,
    broken: dict[str, Any],
    words: str,
) -> None:
    for name, value in broken.items():
        setattr(workspace, name, value)
    shop.named("a")
    result = apply_sync(make(), told)
    assert (result.status, result.accepted, result.pending) == ("stopped", 0, 1)
    assert words in str(result.problem)


@pytest.mark.parametrize(
    ("place", "answer"),
    [
        (0, Fault(207, body=b"{}")),
        (0, Fault(200, body=b"[]")),
        (0, Fault(200, body=b'{"errors": [{"batch_index": 0}]}')),
        (0, Fault(207, body=b'{"errors": [{"batch_index": 1, "message": "x"}]}')),
        (0, Fault(207, body=b'{"errors": [{"message": "x"}]}')),
        (1, Fault(200, body=b'{"meta": {"errors": ["x"]}}')),
    ],
    ids=str,
)
def test_what_it_cannot_understand_is_no_success(  # noqa: PLR0917
    shop: Shop,
    told: SyncContext,
    make: MakeSync,
    workspace: CustomerioSimulator,
    place: int,
    answer: Fault,
) -> None:
    workspace.faults.extend([*[None] * place, answer])
    shop.named("a")
    assert apply_sync(make(), told).requests == 2
    assert members(workspace) == {"a"}


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"mapping": {"who": {"column": "customer_id"}}}, "key: 'who' is no identifier"),
        ({"connection": {}}, "connection.segment_id: is missing"),
        ({"connection": {"segment_id": "seven"}}, "connection.segment_id: is 'seven'"),
        ({"connection": {"segment_id": 7, "event": "E"}}, "connection.event: mode mirror has none"),
        (EVENTS | {"connection": {}}, "connection.event: is missing"),
        (
            EVENTS | {"connection": {"event": "E", "segment_id": 7}},
            "connection.segment_id: mode events has none",
        ),
        (
            {"key": "email", "mapping": {"email": {"column": "email"}}},
            "nobody leaves a manual segment by 'email'",
        ),
        ({"mode": "insert"}, "customerio does not offer mode insert"),
    ],
    ids=str,
)
def test_what_a_sync_to_customerio_may_not_say(
    make: MakeSync, keys: dict[str, Any], message: str
) -> None:
    with pytest.raises(SyncError, match=message):
        make(**keys)


PERSON = {"type": "person", "identifiers": {"id": "a"}, "action": "identify"}
SIGNED = {"authorization": "Basic c2l0ZTprZXk=", "content-type": "application/json"}


@pytest.mark.parametrize(
    ("path", "query", "body"),
    [
        (BATCH, {}, {"batch": PERSON}),
        (BATCH, {}, {"batch": [PERSON | {"action": "rename"}]}),
        (BATCH, {}, {"batch": [{"type": "person", "action": "identify"}]}),
        (BATCH, {}, {"batch": [PERSON | {"identifiers": {"id": 7}}]}),
        (BATCH, {}, {"batch": [PERSON | {"action": "event"}]}),
        (ADD, {}, {"ids": [str(number) for number in range(1_001)]}),
        (ADD, {}, {"ids": []}),
        (ADD, {"id_type": "phone"}, {"ids": ["a"]}),
        (REMOVE, {}, {}),
        ("/api/v1/segments/seven/add_customers", {}, {"ids": ["a"]}),
    ],
    ids=lambda value: str(value)[:50],
)
def test_the_description_refuses(path: str, query: dict[str, str], body: Any) -> None:
    described = description("CUSTOMERIO-track")
    right = {"batch": [PERSON]} if path == BATCH else {"ids": ["a"]}
    good = Request("POST", path.replace("seven", "7"), {}, SIGNED, json.dumps(right).encode())
    check_request(described, good)
    with pytest.raises(RequestError):
        check_request(described, Request("POST", path, query, SIGNED, json.dumps(body).encode()))
    with pytest.raises(RequestError):
        check_request(described, replace(good, headers={"content-type": "application/json"}))
