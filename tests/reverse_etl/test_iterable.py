"""Iterable: what it is sent, whom a 200 names as failed, lists without channels, events, forgetting."""

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from audiences.erasures import bury
from reverse_etl.context import SyncContext
from reverse_etl.errors import SyncError
from reverse_etl.forgetting import forget_in_ledgers
from reverse_etl.simulators.base import Fault, Request
from reverse_etl.simulators.iterable import IterableSimulator
from reverse_etl.spec import Sync
from reverse_etl.sync import apply_sync
from tests.reverse_etl.conftest import WEBHOOK, MakeSync, Shop
from tests.reverse_etl.counterparts.iterable import DESCRIPTION, LIST
from tests.reverse_etl.descriptions import RequestError, check_request

KEY = "simulated"
OTHER = 8
DOCUMENT = WEBHOOK | {
    "sync": "people_to_iterable",
    "destination": "iterable",
    "mapping": {
        "userId": {"column": "customer_id"},
        "email": {"column": "email"},
        "firstName": {"column": "first_name"},
        "spent": {"column": "spent"},
        "lastSeenAt": {"column": "last_seen_at"},
    },
    "batch": {"max_rows": 1000},
}
EVENTS = DOCUMENT | {
    "mode": "events",
    "mapping": {
        "userId": {"column": "customer_id"},
        "createdAt": {"column": "last_seen_at"},
        "offer": {"constant": "WB15"},
    },
}


@pytest.fixture
def iterable() -> Iterator[IterableSimulator]:
    lists: dict[int, set[int]] = {LIST: set(), OTHER: set()}
    with IterableSimulator(
        key=KEY, clock=itertools.count(step=10).__next__, lists=lists
    ) as iterable:
        yield iterable
        for request in iterable.requests:
            check_request(DESCRIPTION, request)
            assert b"channelUnsubscribe" not in request.body


@pytest.fixture
def sync(make_sync: MakeSync, iterable: IterableSimulator) -> Sync:
    return make_sync(DOCUMENT, connection=connection(iterable))


@pytest.fixture
def told(context: SyncContext) -> SyncContext:
    return replace(context, environment={"KEY": KEY})


def connection(iterable: IterableSimulator, **settings: Any) -> dict[str, Any]:
    return {"api_key": "${KEY}", "list_id": LIST, "base_url": iterable.url} | settings


def events(make_sync: MakeSync, iterable: IterableSimulator, **keys: Any) -> Sync:
    where = {"api_key": "${KEY}", "event": "entered", "base_url": iterable.url}
    return make_sync(EVENTS, connection=where, **keys)


def members(iterable: IterableSimulator, list_id: int = LIST) -> set[str]:
    return {iterable.users[one]["userId"] for one in iterable.lists[list_id]}


def paths(iterable: IterableSimulator) -> list[str]:
    return [one.path.rsplit("/", 1)[-1] for one in iterable.requests]


def test_a_user_is_known_by_the_key_and_all_else_is_data(
    shop: Shop, told: SyncContext, sync: Sync, iterable: IterableSimulator
) -> None:
    ada = {"customer_id": "a", "email": "a@example.com", "first_name": "Ada", "spent": 3.5}
    shop.people([ada | {"last_seen_at": datetime(2026, 3, 30, 12, 5)}])
    apply_sync(sync, told)
    [user] = iterable.users.values()
    data = {"firstName": "Ada", "spent": 3.5, "lastSeenAt": "2026-03-30 12:05:00 +00:00"}
    assert user == {"userId": "a", "email": "a@example.com", "dataFields": data}
    assert iterable.requests[0].json()["users"][0]["preferUserId"] is True
    shop.people([{"customer_id": "a", "email": "a@example.com"}])
    apply_sync(sync, told)
    assert user["dataFields"] == {"firstName": None, "spent": None, "lastSeenAt": None}


def test_in_mode_list_nothing_but_the_key_leaves(
    shop: Shop, told: SyncContext, make_sync: MakeSync, iterable: IterableSimulator
) -> None:
    shop.named("a", "b", first_name="Ada")
    apply_sync(make_sync(DOCUMENT, connection=connection(iterable), mode="list"), told)
    assert paths(iterable) == ["subscribe"]
    assert b"Ada" not in iterable.requests[0].body
    assert members(iterable) == {"a", "b"}


def test_without_a_list_users_are_only_updated(
    shop: Shop, told: SyncContext, make_sync: MakeSync, iterable: IterableSimulator
) -> None:
    where = {"api_key": "${KEY}", "base_url": iterable.url}
    shop.named("a")
    apply_sync(make_sync(DOCUMENT, connection=where, mode="upsert"), told)
    assert paths(iterable) == ["bulkUpdate"]


@pytest.mark.parametrize("wordless", [False, True])
def test_users_that_failed_are_found_by_any_identifier(
    shop: Shop, told: SyncContext, sync: Sync, iterable: IterableSimulator, wordless: bool
) -> None:
    """When Iterable only counts them, halves tell."""
    iterable.wordless = wordless
    iterable.users[90] = {"userId": "zoe", "email": "zoe@example.com", "dataFields": {}}
    iterable.forgotten.add("d")
    iterable.types["spent"] = float
    iterable.judge = lambda fields: fields.get("firstName") == "Bob"
    people = {key: {"customer_id": key, "email": f"{key}@example.com"} for key in "abcdef"}
    people["b"]["first_name"] = "Bob"
    people["c"]["email"] = "zoe@example.com"
    people["e"]["customer_id"] = "naïve"
    shop.people(list(people.values()))
    result = apply_sync(sync, told)
    assert (result.accepted, result.rejected) == (2, 4)
    assert (paths(iterable) == ["bulkUpdate", "subscribe"]) is not wordless
    assert members(iterable) == {"a", "f"}
    assert apply_sync(sync, told).requests == 0


def test_a_field_keeps_its_type(
    shop: Shop, told: SyncContext, sync: Sync, iterable: IterableSimulator
) -> None:
    iterable.types["firstName"] = float
    shop.people([{"customer_id": "a", "first_name": "Ada"}, {"customer_id": "b"}])
    result = apply_sync(sync, told)
    assert (result.accepted, result.rejected) == (1, 1)
    assert members(iterable) == {"b"}


def test_fields_the_project_would_drop_are_asked_for_and_never_dropped_in_silence(
    shop: Shop, told: SyncContext, sync: Sync, iterable: IterableSimulator
) -> None:
    iterable.drops = True
    shop.named("a", first_name="Ada")
    said = {"successCount": 1, "failCount": 0, "filteredOutFields": ["firstName"]}
    iterable.faults.append(Fault(200, body=json.dumps(said).encode()))
    assert apply_sync(sync, told).problem == "the project drops firstName"
    apply_sync(sync, told)
    [user] = iterable.users.values()
    assert user["dataFields"]["firstName"] == "Ada"


def test_counts_that_do_not_add_up_are_no_success(
    shop: Shop, told: SyncContext, sync: Sync, iterable: IterableSimulator
) -> None:
    shop.named("a", "b")
    said = {"successCount": 1, "failCount": 0, "failedUpdates": {}}
    iterable.faults.append(Fault(200, body=json.dumps(said).encode()))
    result = apply_sync(sync, told)
    assert (result.accepted, result.requests) == (2, 3)


def test_who_leaves_leaves_this_list_and_no_channel(
    shop: Shop, told: SyncContext, sync: Sync, iterable: IterableSimulator
) -> None:
    """Who is not there any more, or was forgotten there, has left already."""
    shop.named(*"abcd")
    apply_sync(sync, told)
    iterable.lists[OTHER] |= iterable.lists[LIST]
    gone = next(number for number, held in iterable.users.items() if held["userId"] == "b")
    del iterable.users[gone]
    for one in iterable.lists.values():
        one.discard(gone)
    iterable.forgotten.add("c")
    shop.named("d")
    result = apply_sync(sync, told)
    assert (result.removals, result.accepted) == (3, 3)
    assert members(iterable, OTHER) == {"a", "c", "d"}
    removal = iterable.requests[-1].json()
    assert removal == {"listId": LIST, "subscribers": [{"userId": one} for one in "abc"]}
    assert apply_sync(sync, told).requests == 0


def test_people_may_be_known_by_address(
    shop: Shop, told: SyncContext, make_sync: MakeSync, iterable: IterableSimulator
) -> None:
    sync = make_sync(DOCUMENT, connection=connection(iterable), key="email")
    shop.named("a", "b")
    apply_sync(sync, told)
    assert iterable.requests[0].json()["users"][0]["email"] == "a@example.com"
    shop.named("b")
    assert apply_sync(sync, told).accepted == 1
    assert members(iterable) == {"b"}


def test_a_list_that_is_not_there_ends_the_run_at_once(
    shop: Shop, told: SyncContext, sync: Sync, iterable: IterableSimulator
) -> None:
    del iterable.lists[LIST]
    shop.named(*"abcd")
    result = apply_sync(sync, told)
    assert (result.problem, result.requests) == ("BadParams: List 7 is not found", 1)
    iterable.lists[LIST] = set()
    assert apply_sync(sync, told).recovered == 4
    assert members(iterable) == set("abcd")


def test_an_event_carries_its_own_id_and_counts_once(
    shop: Shop, told: SyncContext, make_sync: MakeSync, iterable: IterableSimulator
) -> None:
    sync = events(make_sync, iterable)
    seen = datetime(2026, 3, 30, 12)
    shop.people([{"customer_id": "a", "last_seen_at": seen}, {"customer_id": "b"}])
    iterable.faults.append(Fault(cuts=True, does_work=True))
    assert apply_sync(sync, told).accepted == 2
    assert len(iterable.requests) == 2
    first, second = sorted(iterable.events.values(), key=lambda one: one["userId"])
    assert first == {
        "userId": "a",
        "eventName": "entered",
        "id": first["id"],
        "createdAt": 1774872000,
        "dataFields": {"offer": "WB15"},
    }
    assert "createdAt" not in second
    shop.people([{"customer_id": "a", "entry_seq": 2}])
    apply_sync(sync, told)
    assert len(iterable.events) == 3
    assert apply_sync(sync, told).requests == 0


def test_events_of_bad_rows_are_rejected_alone(
    shop: Shop, told: SyncContext, make_sync: MakeSync, iterable: IterableSimulator
) -> None:
    mapping = EVENTS["mapping"] | {"createdAt": {"column": "first_name"}}
    sync = events(make_sync, iterable, mapping=mapping)
    iterable.forgotten.add("c")
    names = {"a": "2026-03-30", "b": "yesterday", "c": None, "d": None}
    shop.people([{"customer_id": key, "first_name": name} for key, name in names.items()])
    result = apply_sync(sync, told)
    assert (result.accepted, result.rejected) == (2, 2)
    assert {one["userId"] for one in iterable.events.values()} == {"a", "d"}


@pytest.mark.parametrize("mode", ["mirror", "upsert"])
def test_who_is_forgotten_is_forgotten_there_once_and_for_all(
    shop: Shop, told: SyncContext, make_sync: MakeSync, iterable: IterableSimulator, mode: str
) -> None:
    sync = make_sync(DOCUMENT, connection=connection(iterable), mode=mode)
    shop.named(*"abcd")
    apply_sync(sync, told)
    bury(told.state_dir, ["a", "b", "c"], datetime(2026, 4, 1, 9))
    forget_in_ledgers(told.state_dir, {sync.name: sync})
    iterable.forgotten.add("b")
    shop.named("d")
    assert apply_sync(sync, told).accepted == 3
    assert {"a", "a@example.com", "b", "c"} <= iterable.forgotten
    assert members(iterable) - {"b"} == {"d"}
    assert forget_in_ledgers(told.state_dir, {sync.name: sync}) == []


def test_forgetting_goes_on_where_it_was_stopped(
    shop: Shop, told: SyncContext, sync: Sync, iterable: IterableSimulator
) -> None:
    """Iterable forgets 1,000 people a day: who was forgotten before the limit is not asked for again."""
    shop.named(*"abcdz")
    apply_sync(sync, told)
    bury(told.state_dir, list("abcd"), datetime(2026, 4, 1, 9))
    forget_in_ledgers(told.state_dir, {sync.name: sync})
    shop.named("z")
    said = {"code": "RateLimitExceeded", "msg": "", "params": {"rateLimitReset": 7}}
    limited = Fault(429, body=json.dumps(said).encode())
    iterable.faults.extend([None, None, *([limited] * 10)])
    result = apply_sync(sync, told)
    assert (result.accepted, result.problem) == (2, "HTTP 429 RateLimitExceeded")
    iterable.faults.clear()
    iterable.requests.clear()
    apply_sync(sync, told)
    assert [one.json()["userId"] for one in iterable.requests] == ["c", "d"]


def test_a_limit_says_in_its_body_how_long(
    shop: Shop, told: SyncContext, sync: Sync, iterable: IterableSimulator, waits: list[float]
) -> None:
    said = {"code": "RateLimitExceeded", "msg": "", "params": {"rateLimitReset": 9}}
    iterable.faults.append(Fault(429, body=json.dumps(said).encode()))
    shop.named("a")
    assert apply_sync(sync, told).accepted == 1
    assert max(waits) == pytest.approx(9, abs=0.5)


def test_a_batch_that_is_too_large_is_made_in_parts(
    shop: Shop, told: SyncContext, sync: Sync, iterable: IterableSimulator
) -> None:
    people = [{"customer_id": key, "first_name": "x" * 1_500_000} for key in "abc"]
    shop.people(people)
    assert apply_sync(sync, told).accepted == 3
    assert max(len(one.body) for one in iterable.requests) < 4_000_000
    shop.named(*"defg")
    said = {"code": "BatchTooLarge", "msg": "too many", "params": None}
    iterable.faults.append(Fault(400, body=json.dumps(said).encode()))
    assert apply_sync(replace(sync, on_exit="keep"), told).accepted == 4


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"key": "first_name"}, "'firstName' is no identifier of a user"),
        ({"connection": {"api_key": "${KEY}"}}, "connection.list_id: is missing"),
        ({"connection": {"api_key": "${KEY}", "list_id": "7"}}, "list_id: is '7'"),
        ({"mode": "events", "on_exit": "keep"}, "connection.list_id: mode events has none"),
        (
            {"mode": "events", "on_exit": "keep", "connection": {"api_key": "${KEY}"}},
            "connection.event: is missing",
        ),
        ({"mode": "insert"}, "does not offer mode insert"),
    ],
)
def test_what_cannot_work_is_refused_at_once(
    make_sync: MakeSync, keys: Mapping[str, Any], message: str
) -> None:
    base = DOCUMENT | {"connection": {"api_key": "${KEY}", "list_id": LIST}}
    with pytest.raises(SyncError, match=message):
        make_sync(base, **keys)


ADA = {"email": "a@example.com"}
WRONG: dict[str, tuple[str, Any]] = {
    "no users": ("users/bulkUpdate", {"users": []}),
    "users that are none": ("users/bulkUpdate", {"users": ["a@example.com"]}),
    "a user nobody can know": ("users/bulkUpdate", {"users": [{"dataFields": {}}]}),
    "a user known twice": ("users/bulkUpdate", {"users": [ADA | {"userId": "a"}]}),
    "a number as id": ("users/bulkUpdate", {"users": [{"userId": 7}]}),
    "fields beside dataFields": ("users/bulkUpdate", {"users": [ADA | {"firstName": "Ada"}]}),
    "no list": ("lists/subscribe", {"subscribers": [ADA]}),
    "a list by name": ("lists/unsubscribe", {"listId": "newsletter", "subscribers": [ADA]}),
    "data for who leaves": (
        *("lists/unsubscribe",),
        {"listId": LIST, "subscribers": [ADA | {"dataFields": {}}]},
    ),
    "an event without a name": ("events/trackBulk", {"events": [ADA]}),
    "an id too long": ("events/trackBulk", {"events": [ADA | {"eventName": "e", "id": "x" * 513}]}),
    "an instant as text": (
        *("events/trackBulk",),
        {"events": [ADA | {"eventName": "e", "createdAt": "2026-03-30"}]},
    ),
    "nobody to forget": ("users/forget", {}),
}


@pytest.mark.parametrize("name", WRONG)
def test_the_description_refuses_what_is_wrong(name: str) -> None:
    path, body = WRONG[name]
    headers = {"api-key": KEY, "content-type": "application/json"}
    request = Request("POST", f"/api/{path}", {}, headers, json.dumps(body).encode())
    with pytest.raises(RequestError):
        check_request(DESCRIPTION, request)


def test_the_description_asks_for_a_key() -> None:
    body = json.dumps({"users": [ADA]}).encode()
    headers = {"content-type": "application/json"}
    request = Request("POST", "/api/users/bulkUpdate", {}, headers, body)
    with pytest.raises(RequestError):
        check_request(DESCRIPTION, request)
    check_request(DESCRIPTION, replace(request, headers=headers | {"api-key": KEY}))
