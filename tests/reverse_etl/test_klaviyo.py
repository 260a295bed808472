"""Klaviyo: what it is sent, how bulk imports by job are taken, and its description, which refuses what is wrong."""

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from audiences.erasures import bury
from reverse_etl.context import SyncContext
from reverse_etl.errors import SyncError
from reverse_etl.simulators.base import Fault, Request
from reverse_etl.simulators.klaviyo import KlaviyoSimulator
from reverse_etl.simulators.webhook import WebhookSimulator
from reverse_etl.spec import Sync
from reverse_etl.sync import apply_sync
from tests.reverse_etl.conftest import WEBHOOK, MakeSync, Shop
from tests.reverse_etl.descriptions import RequestError, check_request, check_requests, description

KEY = "pk_simulated"
DOCUMENT = WEBHOOK | {
    "sync": "people_to_klaviyo",
    "destination": "klaviyo",
    "mapping": {
        "external_id": {"column": "customer_id"},
        "email": {"column": "email"},
        "first_name": {"column": "first_name"},
        "location.country": {"constant": "TR"},
        "spent": {"column": "spent"},
    },
}


@pytest.fixture
def klaviyo() -> Iterator[KlaviyoSimulator]:
    with KlaviyoSimulator(key=KEY) as klaviyo:
        klaviyo.lists["L1"] = set()
        yield klaviyo
        check_requests(klaviyo.requests, "KLAVIYO")


@pytest.fixture
def sync(make_sync: MakeSync, klaviyo: KlaviyoSimulator) -> Sync:
    connection = {"api_key": "${KEY}", "list_id": "L1", "base_url": klaviyo.url}
    return make_sync(DOCUMENT, connection=connection)


@pytest.fixture
def told(context: SyncContext) -> SyncContext:
    return replace(context, environment={"KEY": KEY})


def members(klaviyo: KlaviyoSimulator) -> set[str]:
    return {klaviyo.profiles[one]["external_id"] for one in klaviyo.lists["L1"]}


def test_a_profile_has_attributes_places_and_properties(
    shop: Shop, told: SyncContext, sync: Sync, klaviyo: KlaviyoSimulator
) -> None:
    shop.people([{"customer_id": "a", "email": "a@example.com", "first_name": "Ada", "spent": 3.5}])
    apply_sync(sync, told)
    assert klaviyo.profiles["P000001"] == {
        "external_id": "a",
        "email": "a@example.com",
        "first_name": "Ada",
        "location": {"country": "TR"},
        "properties": {"spent": 3.5},
    }


def test_bad_profiles_stand_alone_and_the_rest_goes(
    shop: Shop, told: SyncContext, sync: Sync, klaviyo: KlaviyoSimulator
) -> None:
    addresses = {"a": "a@example.com", "b": "no address", "c": "c@example.com", "d": "neither"}
    shop.people([{"customer_id": key, "email": value} for key, value in addresses.items()])
    result = apply_sync(sync, told)
    assert (result.accepted, result.rejected, result.requests) == (2, 2, 2)
    assert members(klaviyo) == {"a", "c"}


def test_what_a_job_could_not_import_is_rejected(
    shop: Shop, told: SyncContext, sync: Sync, klaviyo: KlaviyoSimulator
) -> None:
    klaviyo.judge = lambda attributes: "blocked" if attributes["external_id"] == "b" else None
    klaviyo.looks = 3
    shop.named("a", "b", "c")
    result = apply_sync(sync, told)
    assert (result.accepted, result.rejected) == (2, 1)
    assert members(klaviyo) == {"a", "c"}


def test_mode_list_sends_nothing_but_who_it_is(
    shop: Shop, told: SyncContext, sync: Sync, klaviyo: KlaviyoSimulator
) -> None:
    shop.named("a", "b")
    listed = replace(sync, mode="list")
    apply_sync(listed, told)
    assert klaviyo.profiles["P000001"] == {"external_id": "a", "email": "a@example.com"}
    shop.named("a")
    apply_sync(listed, told)
    assert members(klaviyo) == {"a"}
    assert len(klaviyo.profiles) == 2


def test_a_profile_too_large_is_rejected_unsent(
    shop: Shop, told: SyncContext, sync: Sync, klaviyo: KlaviyoSimulator
) -> None:
    shop.people(
        [
            {"customer_id": "a", "email": "a@example.com", "first_name": "A" * 100_001},
            {"customer_id": "b", "email": "b@example.com"},
        ]
    )
    result = apply_sync(sync, told)
    assert (result.accepted, result.rejected) == (1, 1)
    assert members(klaviyo) == {"b"}


def test_who_is_forgotten_is_deleted_and_nobody_else(
    shop: Shop, told: SyncContext, sync: Sync, klaviyo: KlaviyoSimulator
) -> None:
    shop.named("a", "b", "c")
    apply_sync(sync, told)
    klaviyo.profiles["P9"] = {"external_id": "theirs"}
    bury(told.state_dir, ["b"], told.now())
    shop.named("c")
    klaviyo.faults.extend([None, Fault(503)])
    assert apply_sync(sync, told).removals == 2
    assert {one["external_id"] for one in klaviyo.profiles.values()} == {"a", "c", "theirs"}
    assert members(klaviyo) == {"c"}
    assert apply_sync(sync, told).requests == 0


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"mapping": {"id": {"column": "customer_id"}}}, "'id' is no identifier of a profile"),
        ({"connection": {"api_key": "${KEY}"}}, "connection.list_id: is missing"),
        ({"mode": "insert"}, "does not offer mode insert"),
    ],
)
def test_what_a_sync_to_klaviyo_may_not_say(
    make_sync: MakeSync, keys: dict[str, Any], message: str
) -> None:
    connection = {"api_key": "${KEY}", "list_id": "L1"}
    with pytest.raises(SyncError, match=message):
        make_sync(DOCUMENT, **{"connection": connection} | keys)


JOBS = "/api/profile-bulk-import-jobs"
DELETION = "data-privacy-deletion-job"
DELETIONS = f"/api/{DELETION}s"
RELATED = "/api/lists/L1/relationships/profiles"


def imported(*profiles: Any, kind: str = "profile-bulk-import-job") -> dict[str, Any]:
    return {"data": {"type": kind, "attributes": {"profiles": {"data": list(profiles)}}}}


def profile(**attributes: Any) -> dict[str, Any]:
    return {"type": "profile", "attributes": attributes}


def asked(
    method: str, path: str, body: Any = None, query: Mapping[str, str] | None = None
) -> Request:
    headers = {
        "authorization": f"Klaviyo-API-Key {KEY}",
        "revision": "2026-07-15",
        "content-type": "application/vnd.api+json",
    }
    return Request(
        method, path, query or {}, headers, b"" if body is None else json.dumps(body).encode()
    )


GOOD = asked("POST", JOBS, imported(profile(email="a@example.com", properties={"any": 1})))
WRONG = {
    "an address that is a number": asked("POST", JOBS, imported(profile(email=5))),
    "another kind of job": asked("POST", JOBS, imported(profile(email="a"), kind="profile")),
    "profiles that are no list": asked("POST", JOBS, {"data": {"profiles": {}}}),
    "no body": asked("POST", JOBS),
    "a member without an id": asked("DELETE", RELATED, {"data": [{"type": "profile"}]}),
    "a filter misspelt": asked("GET", "/api/profiles", query={"filtr": 'any(email,["a"])'}),
    "a path that is not there": asked("POST", f"{JOBS}/now", imported(profile(email="a"))),
    "events by an order that is none": asked("GET", "/api/events", query={"sort": "name"}),
    "a page above what is told": asked("GET", "/api/events", query={"page[size]": "5000"}),
    "metrics by what is no field": asked("GET", "/api/metrics", query={"fields[metric]": "age"}),
    "a deletion of nobody": asked("POST", DELETIONS, {"data": {"type": DELETION}}),
    "no key": replace(GOOD, headers={"content-type": "application/vnd.api+json"}),
}


def test_the_description_takes_what_is_right() -> None:
    check_request(description("KLAVIYO"), GOOD)


@pytest.mark.parametrize("what", WRONG)
def test_the_description_refuses_what_is_wrong(what: str) -> None:
    with pytest.raises(RequestError):
        check_request(description("KLAVIYO"), WRONG[what])


def test_a_job_that_was_lost_is_made_again_by_the_next_run(
    shop: Shop, told: SyncContext, sync: Sync, klaviyo: KlaviyoSimulator
) -> None:
    shop.named("a", "b")
    klaviyo.faults.extend([None, Fault(404)])
    lost = apply_sync(sync, told)
    assert (lost.accepted, lost.pending) == (0, 2)
    assert (lost.status, lost.problem) == ("stopped", "the import is not known any more")
    assert apply_sync(sync, told).accepted == 2
    assert members(klaviyo) == {"a", "b"}


def test_a_job_that_was_lost_between_two_runs_is_made_again(
    shop: Shop, told: SyncContext, sync: Sync, klaviyo: KlaviyoSimulator
) -> None:
    shop.named("a", "b")
    klaviyo.looks, klaviyo.clock = 1000, itertools.count(step=60).__next__
    assert apply_sync(sync, told).status == "stopped"
    klaviyo.jobs.clear()
    klaviyo.looks = 1
    result = apply_sync(sync, told)
    assert (result.accepted, result.problem) == (2, None)
    assert members(klaviyo) == {"a", "b"}


def test_a_job_is_not_asked_for_elsewhere(
    shop: Shop, told: SyncContext, sync: Sync, klaviyo: KlaviyoSimulator, make_sync: MakeSync
) -> None:
    shop.named("a", "b")
    klaviyo.looks, klaviyo.clock = 1000, itertools.count(step=60).__next__
    assert apply_sync(sync, told).status == "stopped"
    with WebhookSimulator() as receiver:
        moved = make_sync(DOCUMENT, destination="webhook", connection={"base_url": receiver.url})
        result = apply_sync(moved, told)
        assert (result.status, result.accepted) == ("delivered", 2)
        assert {key for _, key in receiver.members} == {"a", "b"}
