"""SendGrid: what it is sent, imports by job and their file of errors, leaving by contact id, and its descriptions."""

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
from reverse_etl.simulators.sendgrid import SendGridSimulator
from reverse_etl.spec import Sync
from reverse_etl.sync import apply_sync
from tests.reverse_etl.conftest import WEBHOOK, MakeSync, Shop
from tests.reverse_etl.counterparts.sendgrid import LIST
from tests.reverse_etl.descriptions import (
    RequestError,
    check_request,
    check_requests,
    description,
)

KEY = "SG.simulated"
OTHER = "22222222-2222-4222-8222-222222222222"
DOCUMENT = WEBHOOK | {
    "sync": "people_to_sendgrid",
    "destination": "sendgrid",
    "key": "email",
    "mapping": {
        "email": {"column": "email", "normalise": "email"},
        "external_id": {"column": "customer_id"},
        "first_name": {"column": "first_name"},
        "country": {"constant": "TR"},
        "spent": {"column": "spent"},
        "is_member": {"column": "is_member"},
    },
    "batch": {"max_rows": 300},
}
FIELDS = {"spent": ("e1_N", "Number"), "is_member": ("e2_T", "Text"), "note": ("e3_T", "Text")}


@pytest.fixture
def sendgrid() -> Iterator[SendGridSimulator]:
    clock = itertools.count(step=10).__next__
    with SendGridSimulator(key=KEY, clock=clock, fields=FIELDS) as sendgrid:
        sendgrid.lists |= {LIST: set(), OTHER: set()}
        yield sendgrid
        described = [one for one in sendgrid.requests if "field_definitions" not in one.path]
        check_requests(described, "SENDGRID-contacts", "SENDGRID-lists")


@pytest.fixture
def sync(make_sync: MakeSync, sendgrid: SendGridSimulator) -> Sync:
    return make_sync(DOCUMENT, connection=connection(sendgrid))


@pytest.fixture
def told(context: SyncContext) -> SyncContext:
    return replace(context, environment={"KEY": KEY})


def connection(sendgrid: SendGridSimulator, **settings: str) -> dict[str, str]:
    return {"api_key": "${KEY}", "list_id": LIST, "base_url": sendgrid.url} | settings


def members(sendgrid: SendGridSimulator, list_id: str = LIST) -> set[str]:
    return {sendgrid.contacts[one]["external_id"] for one in sendgrid.lists[list_id]}


def asked(sendgrid: SendGridSimulator, method: str, word: str) -> list[Request]:
    return [one for one in sendgrid.requests if one.method == method and word in one.path]


def test_a_contact_has_attributes_and_custom_fields_by_id(
    shop: Shop, told: SyncContext, sync: Sync, sendgrid: SendGridSimulator
) -> None:
    shop.people(
        [
            {"customer_id": "a", "email": "A@example.com", "first_name": "Ada", "spent": 3.5}
            | {"is_member": True}
        ]
    )
    apply_sync(sync, told)
    [contact] = sendgrid.contacts.values()
    assert contact == {
        "email": "a@example.com",
        "external_id": "a",
        "first_name": "Ada",
        "country": "TR",
        "custom_fields": {"e1_N": 3.5, "e2_T": "true"},
    }
    assert len(asked(sendgrid, "GET", "field_definitions")) == 1


def test_null_text_becomes_empty_and_a_null_number_stays(
    shop: Shop, told: SyncContext, sync: Sync, sendgrid: SendGridSimulator
) -> None:
    named = {"customer_id": "a", "email": "a@example.com"}
    shop.people([named | {"first_name": "Ada", "spent": 3.5, "is_member": True}])
    apply_sync(sync, told)
    shop.people([named])
    assert apply_sync(sync, told).accepted == 1
    [contact] = sendgrid.contacts.values()
    assert contact["first_name"] == ""
    assert contact["custom_fields"] == {"e1_N": 3.5, "e2_T": ""}


def test_in_mode_list_only_identifiers_leave(
    shop: Shop, told: SyncContext, make_sync: MakeSync, sendgrid: SendGridSimulator
) -> None:
    shop.people([{"customer_id": "a", "email": "a@example.com", "first_name": "Ada"}])
    apply_sync(make_sync(DOCUMENT, connection=connection(sendgrid), mode="list"), told)
    [contact] = sendgrid.contacts.values()
    assert contact == {"email": "a@example.com", "external_id": "a"}
    assert members(sendgrid) == {"a"}


def test_a_custom_field_that_is_not_there_stops_before_anything_is_sent(
    shop: Shop, told: SyncContext, sync: Sync, sendgrid: SendGridSimulator
) -> None:
    shop.named("a")
    sendgrid.fields = {"spent": ("e1_N", "Number")}
    result = apply_sync(sync, told)
    assert result.problem == "there is no custom field 'is_member'; make it first"
    assert sendgrid.jobs == {}
    sendgrid.fields = FIELDS
    assert apply_sync(sync, told).accepted == 1


def test_bad_contacts_stand_alone_by_the_answer_and_the_rest_goes(
    shop: Shop, told: SyncContext, sync: Sync, sendgrid: SendGridSimulator
) -> None:
    addresses = {"a": "a@example.com", "b": "no address", "c": "c@example.com", "d": "neither"}
    shop.people([{"customer_id": key, "email": value} for key, value in addresses.items()])
    result = apply_sync(sync, told)
    assert (result.accepted, result.rejected, result.requests) == (2, 2, 2)
    assert members(sendgrid) == {"a", "c"}


@pytest.mark.parametrize("tells", [True, False])
def test_the_file_of_errors_names_rows_and_without_it_they_are_found(
    shop: Shop, told: SyncContext, sync: Sync, sendgrid: SendGridSimulator, tells: bool
) -> None:
    """The permission of the file is not ours: our key would make it a 403."""
    sendgrid.tells = tells
    sendgrid.judge = lambda one: "on no account" if one["external_id"] in {"c", "e"} else None
    shop.named(*"abcdef")
    result = apply_sync(sync, told)
    assert (result.accepted, result.rejected, result.requests == 1) == (4, 2, tells)
    assert members(sendgrid) == set("abdf")
    assert apply_sync(sync, told).requests == 0


def test_an_import_that_failed_for_everybody_rejects_everybody(
    shop: Shop, told: SyncContext, sync: Sync, sendgrid: SendGridSimulator
) -> None:
    sendgrid.judge = lambda _one: "the account is full"
    shop.named(*"abc")
    result = apply_sync(sync, told)
    assert (result.rejected, result.requests) == (3, 1)


def test_an_import_that_failed_as_a_whole_is_made_again(
    shop: Shop, told: SyncContext, sync: Sync, sendgrid: SendGridSimulator
) -> None:
    shop.named(*"abc")
    said = json.dumps({"status": "failed", "results": {}}).encode()
    sendgrid.faults.extend([None, None, Fault(200, body=said)])
    result = apply_sync(sync, told)
    assert (result.accepted, result.requests) == (3, 2)
    assert members(sendgrid) == set("abc")


def test_counts_that_do_not_add_up_are_no_success(
    shop: Shop, told: SyncContext, sync: Sync, sendgrid: SendGridSimulator
) -> None:
    shop.named(*"ab")
    said = {"status": "completed", "results": {"requested_count": 1, "errored_count": 0}}
    sendgrid.faults.extend([None, None, Fault(200, body=json.dumps(said).encode())])
    result = apply_sync(sync, told)
    assert (result.accepted, result.requests) == (2, 3)


def test_an_import_may_take_its_time_and_be_asked_for_in_a_later_run(
    shop: Shop, told: SyncContext, sync: Sync, sendgrid: SendGridSimulator, waits: list[float]
) -> None:
    shop.named("a")
    sendgrid.looks = 4
    assert apply_sync(sync, told).accepted == 1
    assert [pause for pause in waits if pause in (1, 2, 4, 8)] == [1, 2, 4, 8]
    shop.named("a", "b")
    sendgrid.looks = 40
    stopped = apply_sync(sync, told)
    assert (stopped.accepted, stopped.problem) == (0, "the import has not ended yet")
    assert apply_sync(sync, told).recovered == 1
    assert len(sendgrid.jobs) == 2


def test_an_update_without_an_identifier_the_contact_has_is_rejected(
    shop: Shop, told: SyncContext, sync: Sync, sendgrid: SendGridSimulator
) -> None:
    sendgrid.contacts["C0"] = {"email": "a@example.com", "phone_number_id": "+905550000000"}
    shop.named("a", "b")
    result = apply_sync(sync, told)
    assert (result.accepted, result.rejected) == (1, 1)
    assert members(sendgrid) == {"b"}


def test_who_leaves_the_audience_leaves_this_list_alone(
    shop: Shop, told: SyncContext, sync: Sync, sendgrid: SendGridSimulator
) -> None:
    """Nobody is taken away whom only an alternate address names; who has left already is not asked for again."""
    sendgrid.looks = 2
    shop.named(*(f"c{number}" for number in range(150)))
    apply_sync(sync, told)
    sendgrid.lists[OTHER] |= sendgrid.lists[LIST]
    gone = next(one for one, held in sendgrid.contacts.items() if held["external_id"] == "c7")
    other = next(one for one, held in sendgrid.contacts.items() if held["external_id"] == "c8")
    sendgrid.lists[LIST].discard(gone)
    sendgrid.contacts[other] |= {"email": "new@example.com", "alternate_emails": ["c8@example.com"]}
    shop.named("c0")
    result = apply_sync(sync, told)
    assert (result.removals, result.accepted) == (149, 149)
    assert members(sendgrid) == {"c0", "c8"}
    assert len(sendgrid.contacts) == len(sendgrid.lists[OTHER]) == 150
    left = [one.query["contact_ids"].split(",") for one in asked(sendgrid, "DELETE", "/lists/")]
    assert sorted(map(len, left)) == [47, 100]
    assert apply_sync(sync, told).requests == 0


def test_an_unknown_address_is_no_proof_that_somebody_left(
    shop: Shop, told: SyncContext, sync: Sync, sendgrid: SendGridSimulator
) -> None:
    shop.named("a", "b")
    apply_sync(sync, told)
    shop.named("b")
    sendgrid.faults.append(Fault(404, body=b"<html>no such page</html>"))
    assert apply_sync(sync, told).problem == "HTTP 404 Not Found"
    assert members(sendgrid) == {"a", "b"}
    assert apply_sync(sync, told).recovered == 1
    assert members(sendgrid) == {"b"}


def test_a_removal_that_never_ends_is_made_again(
    shop: Shop, told: SyncContext, sync: Sync, sendgrid: SendGridSimulator
) -> None:
    shop.named("a", "b")
    apply_sync(sync, told)
    shop.named("b")
    sendgrid.looks = 100
    assert apply_sync(sync, told).problem == "the removal has not ended yet"
    assert members(sendgrid) == {"a", "b"}
    assert len(asked(sendgrid, "DELETE", "/lists/")) == told.retry.attempts
    sendgrid.looks = 1
    assert apply_sync(sync, told).recovered == 1
    assert members(sendgrid) == {"b"}


def test_a_long_removal_goes_on_where_it_was_stopped(
    shop: Shop, told: SyncContext, sync: Sync, sendgrid: SendGridSimulator
) -> None:
    shop.named(*(f"c{number}" for number in range(250)))
    apply_sync(sync, told)
    shop.named("c0")
    sendgrid.faults.extend([None] * 3 + [Fault(503)])
    result = apply_sync(sync, told)
    assert (result.accepted, result.requests) == (249, 2)
    assert len(asked(sendgrid, "DELETE", "/lists/")) == 3
    assert members(sendgrid) == {"c0"}


@pytest.mark.parametrize("mode", ["mirror", "upsert"])
def test_who_is_forgotten_is_deleted_and_nobody_else(
    shop: Shop, told: SyncContext, make_sync: MakeSync, sendgrid: SendGridSimulator, mode: str
) -> None:
    where = connection(sendgrid)
    if mode == "upsert":
        del where["list_id"]
    sync = make_sync(DOCUMENT, connection=where, mode=mode)
    shop.named(*"abc")
    apply_sync(sync, told)
    assert members(sendgrid) == (set("abc") if mode == "mirror" else set())
    bury(told.state_dir, ["a", "c"], datetime(2026, 4, 1, 9))
    forget_in_ledgers(told.state_dir, {sync.name: sync})
    shop.named("b")
    assert apply_sync(sync, told).removals == 2
    assert [held["external_id"] for held in sendgrid.contacts.values()] == ["b"]
    assert all("delete_all_contacts" not in one.query for one in sendgrid.requests)
    assert forget_in_ledgers(told.state_dir, {sync.name: sync}) == []


def test_too_many_requests_wait_until_the_instant_named(
    shop: Shop, told: SyncContext, sync: Sync, sendgrid: SendGridSimulator
) -> None:
    instant = str(int(told.clock().timestamp()) + 200)
    limited = (("x-ratelimit-reset", instant),)
    sendgrid.faults.extend([Fault(429, limited), Fault(429, limited)])
    shop.named("a")
    result = apply_sync(sync, replace(told, retry=replace(told.retry, budget=300)))
    assert (result.problem, result.requests) == ("HTTP 429", 2)


def test_the_simulator_keeps_to_rates(
    shop: Shop, told: SyncContext, make_sync: MakeSync, sendgrid: SendGridSimulator
) -> None:
    sendgrid.clock = lambda: 0.0
    sync = make_sync(DOCUMENT, connection=connection(sendgrid), batch={"max_rows": 1})
    shop.named(*"abcde")
    result = apply_sync(sync, told)
    assert result.accepted <= 3
    assert result.problem == "HTTP 429"
    sendgrid.clock = itertools.count(step=10).__next__
    apply_sync(sync, told)
    assert members(sendgrid) == set("abcde")


def test_a_request_above_six_megabytes_is_made_in_parts(
    shop: Shop, told: SyncContext, make_sync: MakeSync, sendgrid: SendGridSimulator
) -> None:
    mapping = DOCUMENT["mapping"] | {"note": {"column": "first_name"}}
    sync = make_sync(DOCUMENT, connection=connection(sendgrid), mapping=mapping, mode="upsert")
    sync = replace(sync, mapping=tuple(one for one in sync.mapping if one.name != "first_name"))
    people = [{"customer_id": key, "email": f"{key}@example.com"} for key in "abc"]
    shop.people([one | {"first_name": "x" * 2_500_000} for one in people])
    assert apply_sync(sync, told).accepted == 3
    assert max(len(one.body) for one in sendgrid.requests) < 6_000_000


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"key": "first_name"}, "'first_name' is no identifier of a contact"),
        ({"connection": {"api_key": "${KEY}"}}, "connection.list_id: is missing"),
        ({"mode": "insert"}, "does not offer mode insert"),
        ({"mode": "events", "on_exit": "keep"}, "does not offer mode events"),
    ],
)
def test_what_cannot_work_is_refused_at_once(
    make_sync: MakeSync, keys: Mapping[str, Any], message: str
) -> None:
    base = DOCUMENT | {"connection": {"api_key": "${KEY}", "list_id": LIST}}
    with pytest.raises(SyncError, match=message):
        make_sync(base, **keys)


def test_a_list_id_that_is_none_is_refused_before_anything_is_sent(
    shop: Shop, told: SyncContext, make_sync: MakeSync, sendgrid: SendGridSimulator
) -> None:
    sync = make_sync(DOCUMENT, connection=connection(sendgrid, list_id="newsletter"))
    with pytest.raises(SyncError, match="is no id of a list"):
        apply_sync(sync, told)


def test_a_list_that_is_not_there_closes_the_destination(
    shop: Shop, told: SyncContext, sync: Sync, sendgrid: SendGridSimulator
) -> None:
    del sendgrid.lists[LIST]
    shop.named("a", "b")
    result = apply_sync(sync, told)
    assert (result.problem, result.requests) == ("list ids are not valid", 1)


WRONG = {
    "an address that is no text": (
        "PUT",
        "/v3/marketing/contacts",
        {},
        {"contacts": [{"email": 1}]},
    ),
    "no contact": ("PUT", "/v3/marketing/contacts", {}, {"contacts": []}),
    "a name that is null": (
        *("PUT", "/v3/marketing/contacts", {}),
        {"contacts": [{"email": "a@example.com", "first_name": None}]},
    ),
    "a list id that is none": (
        *("PUT", "/v3/marketing/contacts", {}),
        {"contacts": [{"email": "a@example.com"}], "list_ids": ["newsletter"]},
    ),
    "an identifier of no kind": (
        *("POST", "/v3/marketing/contacts/search/identifiers/name", {}),
        {"identifiers": ["a"]},
    ),
    "nobody to take off": ("DELETE", f"/v3/marketing/lists/{LIST}/contacts", {}, None),
}


@pytest.mark.parametrize("name", WRONG)
def test_the_description_refuses_what_is_wrong(name: str) -> None:
    method, path, query, body = WRONG[name]
    headers = {"authorization": "Bearer SG.simulated", "content-type": "application/json"}
    content = b"" if body is None else json.dumps(body).encode()
    which = "SENDGRID-lists" if "/lists/" in path else "SENDGRID-contacts"
    with pytest.raises(RequestError):
        check_request(description(which), Request(method, path, query, headers, content))
