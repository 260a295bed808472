"""HubSpot: what it is sent, how answers to a batch are taken row by row, and lists, removals, forgetting, limits."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from audiences.erasures import bury
from reverse_etl.context import SyncContext
from reverse_etl.errors import SyncError
from reverse_etl.simulators.base import Fault, Request, answer
from reverse_etl.simulators.hubspot import HubspotSimulator
from reverse_etl.spec import Sync
from reverse_etl.sync import apply_sync
from tests.reverse_etl.conftest import WEBHOOK, MakeSync, Shop
from tests.reverse_etl.descriptions import RequestError, check_request, check_requests, description

TOKEN = "pat-simulated"
UPSERT = "/crm/v3/objects/contacts/batch/upsert"
READ = "/crm/v3/objects/contacts/batch/read"
DELETE = "/crm/v3/objects/contacts/gdpr-delete"
MEMBERS = "/crm/v3/lists/7/memberships/add-and-remove"
DOCUMENT = WEBHOOK | {
    "sync": "people_to_hubspot",
    "destination": "hubspot",
    "connection": {"access_token": "${TOKEN}", "list_id": "7"},
    "key": "email",
    "mapping": {
        "email": {"column": "email", "normalise": "email"},
        "firstname": {"column": "first_name"},
    },
}


@pytest.fixture
def hubspot() -> Iterator[HubspotSimulator]:
    with HubspotSimulator(token=TOKEN) as hubspot:
        hubspot.lists["7"] = set()
        yield hubspot
        check_requests(hubspot.requests, "HUBSPOT-contacts", "HUBSPOT-lists")


@pytest.fixture
def sync(make_sync: MakeSync, hubspot: HubspotSimulator) -> Sync:
    return make_sync(DOCUMENT, connection=DOCUMENT["connection"] | {"base_url": hubspot.url})


@pytest.fixture
def told(context: SyncContext) -> SyncContext:
    return replace(context, environment={"TOKEN": TOKEN})


def emails(hubspot: HubspotSimulator) -> set[str]:
    """Local parts of the addresses of who is on the list."""
    return {hubspot.contacts[one]["email"].split("@")[0] for one in hubspot.lists["7"]}


def asked_for(hubspot: HubspotSimulator, path: str) -> list[Any]:
    """The bodies of the requests to a path."""
    return [one.json() for one in hubspot.requests if one.path == path]


def test_values_are_text_and_none_clears(
    shop: Shop, told: SyncContext, sync: Sync, make_sync: MakeSync, hubspot: HubspotSimulator
) -> None:
    hubspot.properties |= {"spent", "is_member", "born_on"}
    mapping = DOCUMENT["mapping"] | {
        name: {"column": name} for name in ("spent", "is_member", "born_on")
    }
    wide = make_sync(DOCUMENT, connection=sync.connection, mapping=mapping)
    full = {"first_name": "Ada", "spent": "10.50", "is_member": True, "born_on": "1990-02-03"}
    shop.named("a", **full)
    apply_sync(wide, told)
    [(contact_id, held)] = hubspot.contacts.items()
    others = {"spent": "10.5000", "is_member": "true", "born_on": "1990-02-03"}
    assert held == {"email": "a@example.com", "firstname": "Ada"} | others
    shop.named("a", first_name="")
    apply_sync(wide, told)
    assert hubspot.contacts == {contact_id: {"email": "a@example.com"}}


@pytest.mark.parametrize("names_trace", [True, False])
def test_ids_are_kept_for_the_right_people_whatever_the_order(
    shop: Shop, told: SyncContext, sync: Sync, hubspot: HubspotSimulator, names_trace: bool
) -> None:
    hubspot.names_trace = names_trace
    shop.named("a", "b", "c")
    apply_sync(sync, told)
    shop.named("b")
    apply_sync(sync, told)
    assert emails(hubspot) == {"b"}
    assert asked_for(hubspot, READ) == []
    assert len(hubspot.contacts) == 3


def test_a_batch_done_in_part_rejects_the_named_rows(
    shop: Shop, told: SyncContext, sync: Sync, hubspot: HubspotSimulator
) -> None:
    hubspot.judge = lambda properties: "No." if properties["email"][0] in "bd" else None
    shop.named(*"abcd")
    result = apply_sync(sync, told)
    assert (result.accepted, result.rejected, result.requests) == (2, 2, 1)
    assert emails(hubspot) == {"a", "c"}


def test_a_bad_value_that_refuses_the_batch_stands_alone_in_the_end(
    shop: Shop, told: SyncContext, sync: Sync, hubspot: HubspotSimulator
) -> None:
    addresses = ("a@example.com", "no address", "c@example.com")
    shop.people([{"customer_id": one[0], "email": one} for one in addresses])
    result = apply_sync(sync, told)
    assert (result.accepted, result.rejected) == (2, 1)
    assert emails(hubspot) == {"a", "c"}


def part(*results: dict[str, Any], errors: Any = (), status: str = "COMPLETE") -> Fault:
    """An answer to an upsert that did nothing."""
    return answer(207, {"status": status, "results": list(results), "errors": list(errors)})


ADA = {"id": "1", "properties": {"email": "a@example.com"}, "objectWriteTraceId": "0"}
BUSY = {
    "category": "RATE_LIMITS",
    "message": "Slow down.",
    "context": {"objectWriteTraceId": ["1"]},
}


@pytest.mark.parametrize(
    "fault",
    [
        part(),
        part(ADA),
        part(status="PROCESSING"),
        part(ADA, ADA | {"objectWriteTraceId": "5"}),
        part(ADA | {"objectWriteTraceId": "x"}),
        part(ADA, errors=[BUSY | {"context": {"objectWriteTraceId": ["0"]}}]),
        part({"id": "9", "properties": {"email": "else@example.com"}}),
        part({"id": "9", "properties": None}),
        part(errors=[{"message": "Somebody is wrong.", "context": {}}]),
        part(errors=[BUSY, BUSY | {"context": {"objectWriteTraceId": ["0"]}}]),
        answer(200, []),
        answer(200, {"status": "COMPLETE", "results": None}),
        Fault(423),
        Fault(477, (("retry-after", "3"),)),
        Fault(429),
    ],
    ids=lambda fault: f"{fault.status} {fault.body.decode()[:90]}",
)
def test_what_an_answer_does_not_say_was_done_is_sent_again(
    shop: Shop, told: SyncContext, sync: Sync, hubspot: HubspotSimulator, fault: Fault
) -> None:
    hubspot.faults.extend([None, fault])  # the list is looked at first
    shop.named("a", "b")
    hubspot.put("1", {"email": "a@example.com"})
    result = apply_sync(sync, told)
    assert (result.accepted, result.rejected, result.pending) == (2, 0, 0)
    assert emails(hubspot) == {"a", "b"}


def test_who_was_not_on_the_list_yet_is_put_there_again(
    shop: Shop, told: SyncContext, sync: Sync, hubspot: HubspotSimulator
) -> None:
    said = {"recordsIdsAdded": [], "recordIdsRemoved": [], "recordIdsMissing": ["1001"]}
    hubspot.faults.extend([None, None, replace(answer(200, said), does_work=True)])
    shop.named("a", "b")
    result = apply_sync(sync, told)
    assert (result.accepted, result.requests) == (2, 2)
    assert [len(one["inputs"]) for one in asked_for(hubspot, UPSERT)] == [2, 1]
    assert emails(hubspot) == {"a", "b"}


def test_a_contact_merged_into_another_still_leaves_the_list(
    shop: Shop, told: SyncContext, sync: Sync, hubspot: HubspotSimulator
) -> None:
    shop.named("a", "b")
    apply_sync(sync, told)
    hubspot.put("1", {})
    hubspot.merge("1001", "1")
    shop.named("b")
    assert apply_sync(sync, told).removals == 1
    assert emails(hubspot) == {"b"}
    assert set(hubspot.contacts) == {"1", "1002"}


@pytest.mark.parametrize("names_trace", [True, False])
def test_a_second_address_leads_to_its_contact(
    shop: Shop, told: SyncContext, sync: Sync, hubspot: HubspotSimulator, names_trace: bool
) -> None:
    hubspot.names_trace = names_trace
    shop.named("a", "b", "c")
    apply_sync(sync, told)
    hubspot.put("1", {"email": "first@example.com"})
    hubspot.merge("1001", "1")
    hubspot.put("2", {"email": "other@example.com"})
    hubspot.merge("1002", "2")
    shop.named("a", "b", "c", first_name="New")
    assert apply_sync(sync, told).accepted == 3
    assert hubspot.contacts["1"] == {"email": "first@example.com", "firstname": "New"}
    assert hubspot.lists["7"] == {"1", "2", "1003"}
    shop.named("c", first_name="New")
    assert apply_sync(sync, told).accepted == 2
    assert hubspot.lists["7"] == {"1003"}


def test_who_leaves_is_found_by_a_second_address(
    shop: Shop, told: SyncContext, sync: Sync, hubspot: HubspotSimulator
) -> None:
    shop.named("a", "b", "c", "d")
    apply_sync(sync, told)
    hubspot.put("1", {"email": "first@example.com"})
    hubspot.merge("1001", "1")
    hubspot.merge("1002", "1")
    del hubspot.contacts["1003"]
    hubspot.lists["7"].discard("1003")
    shop.named("d")
    assert apply_sync(sync, told).accepted == 3
    assert hubspot.lists["7"] == {"1004"}
    assert [len(one["inputs"]) for one in asked_for(hubspot, READ)] == [3, 1, 1]


def test_who_is_in_doubt_is_looked_up_and_others_stay(
    shop: Shop, told: SyncContext, sync: Sync, hubspot: HubspotSimulator
) -> None:
    hubspot.put("1", {"email": "theirs@example.com"})
    hubspot.lists["7"] = {"1"}
    shop.named("b")
    apply_sync(sync, told)
    hubspot.faults.extend([None, None, *[Fault(cuts=True, does_work=True)] * 3])
    shop.named("a", "b")
    assert apply_sync(sync, told).pending == 1
    assert emails(hubspot) == {"a", "b", "theirs"}
    shop.named("b")
    assert apply_sync(sync, told).accepted == 1
    assert emails(hubspot) == {"b", "theirs"}
    [read] = asked_for(hubspot, READ)
    assert read["inputs"] == [{"id": "a@example.com"}]


def test_mode_list_sends_nothing_but_who_it_is(
    shop: Shop, told: SyncContext, sync: Sync, hubspot: HubspotSimulator
) -> None:
    hubspot.put("1", {"email": "a@example.com", "firstname": "Theirs"})
    shop.named("a", first_name="Ours")
    apply_sync(replace(sync, mode="list"), told)
    assert hubspot.contacts == {"1": {"email": "a@example.com", "firstname": "Theirs"}}
    assert emails(hubspot) == {"a"}


def test_without_a_list_contacts_are_written_and_forgotten_alone(
    shop: Shop, told: SyncContext, sync: Sync, hubspot: HubspotSimulator
) -> None:
    alone = {name: one for name, one in sync.connection.items() if name != "list_id"}
    upsert = replace(sync, mode="upsert", on_exit="keep", connection=alone)
    shop.named("a", "b")
    apply_sync(upsert, told)
    shop.named("c")
    apply_sync(upsert, told)
    bury(told.state_dir, ["a"], datetime(2026, 4, 1, 9))
    assert apply_sync(upsert, told).removals == 1
    assert {one["email"][0] for one in hubspot.contacts.values()} == {"b", "c"}
    assert not [one for one in hubspot.requests if "/lists/" in one.path]


def test_a_list_that_fills_itself_stops_the_run_and_rejects_nobody(
    shop: Shop, told: SyncContext, sync: Sync, hubspot: HubspotSimulator
) -> None:
    hubspot.dynamic.add("7")
    shop.named("a", "b")
    result = apply_sync(sync, told)
    assert (result.status, result.rejected, result.pending) == ("stopped", 0, 2)
    assert "list 7 is dynamic, not static" in str(result.problem)
    assert hubspot.contacts == {}


def test_a_request_holds_a_hundred_contacts(
    shop: Shop, told: SyncContext, sync: Sync, hubspot: HubspotSimulator
) -> None:
    shop.named(*(f"p{number:03}" for number in range(101)))
    result = apply_sync(replace(sync, max_rows=1000), told)
    assert (result.accepted, result.requests) == (101, 2)
    assert sorted(len(one["inputs"]) for one in asked_for(hubspot, UPSERT)) == [1, 100]


def test_the_burst_limit_is_never_met(
    shop: Shop, told: SyncContext, sync: Sync, hubspot: HubspotSimulator
) -> None:
    slept: list[float] = []
    hubspot.clock = lambda: time.monotonic() + sum(slept)
    shop.named(*(f"p{number:03}" for number in range(55)))
    result = apply_sync(replace(sync, max_rows=1), replace(told, sleep=slept.append))
    assert (result.accepted, result.requests) == (55, 55)
    assert len(hubspot.requests) == 111
    assert max(slept) > 5


def test_the_limit_of_the_day_stops_the_run_at_once(
    shop: Shop, told: SyncContext, sync: Sync, hubspot: HubspotSimulator
) -> None:
    hubspot.requests_left = 3
    shop.named(*"abcdefgh")
    result = apply_sync(replace(sync, max_rows=4), told)
    assert (result.status, result.rejected) == ("stopped", 0)
    assert "of the day are used up" in str(result.problem)
    hubspot.requests_left = None
    assert apply_sync(sync, told).exit_code == 0
    assert emails(hubspot) == set("abcdefgh")


@pytest.mark.parametrize("is_merged", [True, False])
def test_who_was_forgotten_is_deleted_for_good(
    shop: Shop, told: SyncContext, sync: Sync, hubspot: HubspotSimulator, is_merged: bool
) -> None:
    hubspot.put("1", {"email": "theirs@example.com"})
    shop.named("a", "b")
    apply_sync(sync, told)
    if is_merged:
        hubspot.put("2", {})
        hubspot.merge("1001", "2")
    bury(told.state_dir, ["a"], datetime(2026, 4, 1, 9))
    result = apply_sync(sync, told)
    assert (result.removals, result.accepted) == (1, 1)
    assert {held["email"][0] for held in hubspot.contacts.values()} == {"t", "b"}
    assert apply_sync(sync, told).status == "unchanged"


def test_who_is_gone_already_is_forgotten(
    shop: Shop, told: SyncContext, sync: Sync, hubspot: HubspotSimulator
) -> None:
    shop.named("a", "b")
    apply_sync(sync, told)
    del hubspot.contacts["1001"]
    hubspot.lists["7"].discard("1001")
    bury(told.state_dir, ["a"], datetime(2026, 4, 1, 9))
    assert apply_sync(sync, told).accepted == 1
    assert emails(hubspot) == {"b"}


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"connection": {"access_token": "${TOKEN}"}}, "connection.list_id: is missing"),
        ({"mapping": {"email": {"column": "email"}}}, "mapping.email.normalise: is missing"),
        ({"mode": "insert"}, "does not offer mode insert"),
        ({"mode": "events"}, "does not offer mode events"),
    ],
)
def test_what_a_sync_to_hubspot_may_not_say(
    make_sync: MakeSync, keys: dict[str, Any], message: str
) -> None:
    with pytest.raises(SyncError, match=message):
        make_sync(DOCUMENT, **keys)


def asked(method: str, path: str, body: Any, token: str | None = TOKEN) -> Request:
    headers = {"content-type": "application/json"}
    if token is not None:
        headers["authorization"] = f"Bearer {token}"
    return Request(method, path, {}, headers, json.dumps(body).encode())


def upsert(**changes: Any) -> Request:
    return asked("POST", UPSERT, {"inputs": [INPUT | changes]})


def change(**ids: Any) -> Request:
    return asked("PUT", MEMBERS, ids)


INPUT = {"id": "a@example.com", "idProperty": "email", "properties": {"firstname": "Ada"}}
RIGHT = {"contacts": upsert(), "lists": change(recordIdsToAdd=["1"], recordIdsToRemove=[])}
WRONG = {
    "no id": ("contacts", asked("POST", UPSERT, {"inputs": [{"properties": {}}]})),
    "a number as a value": ("contacts", upsert(properties={"spent": 3})),
    "no value": ("contacts", upsert(properties={"spent": None})),
    "inputs that are no list": ("contacts", asked("POST", UPSERT, {"inputs": INPUT})),
    "nobody to delete": ("contacts", asked("POST", DELETE, {"idProperty": "email"})),
    "a look-up without properties": ("contacts", asked("POST", READ, {"inputs": [{"id": "1"}]})),
    "no token": ("contacts", asked("POST", UPSERT, {"inputs": [INPUT]}, token=None)),
    "one side of a change": ("lists", change(recordIdsToAdd=["1"])),
    "ids that are numbers": ("lists", change(recordIdsToAdd=[1], recordIdsToRemove=[])),
}


@pytest.mark.parametrize("what", RIGHT)
def test_the_description_takes_what_is_right(what: str) -> None:
    check_request(description(f"HUBSPOT-{what}"), RIGHT[what])


@pytest.mark.parametrize("what", WRONG)
def test_the_description_refuses_what_is_wrong(what: str) -> None:
    where, request = WRONG[what]
    with pytest.raises(RequestError):
        check_request(description(f"HUBSPOT-{where}"), request)
