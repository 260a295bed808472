"""Mailchimp: nobody is subscribed again, errors stand by address, silence is no success, tags, forgetting, limits."""

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from audiences.erasures import bury
from reverse_etl.context import SyncContext
from reverse_etl.errors import SyncError
from reverse_etl.simulators.base import Fault, Request, answer
from reverse_etl.simulators.mailchimp import MailchimpSimulator, Member, hashed
from reverse_etl.spec import MappedField, Sync
from reverse_etl.sync import apply_sync
from tests.reverse_etl.conftest import WEBHOOK, MakeSync, Shop
from tests.reverse_etl.descriptions import RequestError, check_request, check_requests, description

KEY, TAG = "simulated-us1", 7
LIST = "/3.0/lists/a1"
SEGMENT = f"{LIST}/segments/{TAG}"
CONNECTION = {"api_key": "${KEY}", "list_id": "a1", "segment_id": TAG}
MAPPING = {
    "email_address": {"column": "email", "normalise": "email"},
    "FNAME": {"column": "first_name"},
}
DOCUMENT = WEBHOOK | {
    "sync": "people_to_mailchimp",
    "destination": "mailchimp",
    "connection": CONNECTION,
    "key": "email",
    "mapping": MAPPING,
}


@pytest.fixture
def mailchimp() -> Iterator[MailchimpSimulator]:
    with MailchimpSimulator(key=KEY) as mailchimp:
        mailchimp.segments[TAG] = "static"
        yield mailchimp
        check_requests(mailchimp.requests, "MAILCHIMP", base="/3.0")


@pytest.fixture
def sync(make_sync: MakeSync, mailchimp: MailchimpSimulator) -> Sync:
    return make_sync(DOCUMENT, connection=CONNECTION | {"base_url": mailchimp.url})


@pytest.fixture
def told(context: SyncContext) -> SyncContext:
    return replace(context, environment={"KEY": KEY})


def tagged(mailchimp: MailchimpSimulator) -> set[str]:
    """Local parts of the addresses of who has the tag."""
    held = mailchimp.members.values()
    return {one.address.split("@")[0] for one in held if TAG in one.tags}


def member(mailchimp: MailchimpSimulator, name: str) -> Member:
    return mailchimp.members[hashed(f"{name}@example.com")]


def asked_for(mailchimp: MailchimpSimulator, path: str) -> list[Any]:
    """The bodies of the posts to a path."""
    posts = (one for one in mailchimp.requests if one.method == "POST" and one.path == path)
    return [one.json() for one in posts]


def test_a_member_has_merge_fields_and_a_few_of_its_own(
    shop: Shop, told: SyncContext, sync: Sync, make_sync: MakeSync, mailchimp: MailchimpSimulator
) -> None:
    mailchimp.merge_fields |= {"SPENT": False, "SEEN": False}
    mapping = MAPPING | {
        "SPENT": {"column": "spent"},
        "SEEN": {"column": "born_on"},
        "vip": {"column": "is_member"},
        "language": {"constant": "tr"},
    }
    wide = make_sync(DOCUMENT, connection=sync.connection, mapping=mapping)
    shop.named("a", first_name="Ada", spent="10.50", is_member=True, born_on="1990-02-03")
    apply_sync(wide, told)
    ada = member(mailchimp, "a")
    assert ada.merge_fields == {"FNAME": "Ada", "SPENT": 10.5, "SEEN": "1990-02-03"}
    assert (ada.own, ada.status, ada.tags) == ({"vip": True, "language": "tr"}, "subscribed", {TAG})
    shop.named("a", first_name=None, is_member=None)
    apply_sync(wide, told)
    assert ada.merge_fields == {"FNAME": "", "SPENT": "", "SEEN": ""}
    assert ada.own["vip"] is True


@pytest.mark.parametrize("status", ["unsubscribed", "cleaned", "archived", "transactional"])
def test_nobody_is_subscribed_again(
    shop: Shop, told: SyncContext, sync: Sync, mailchimp: MailchimpSimulator, status: str
) -> None:
    mailchimp.put(Member("a@example.com", status))
    shop.named("a", "b", first_name="Name")
    result = apply_sync(sync, told)
    assert (result.accepted, result.rejected) == (1, 1)
    assert member(mailchimp, "a").status == status
    assert tagged(mailchimp) == {"b"}
    assert all("status" not in one for one in asked_for(mailchimp, LIST)[0]["members"])


def test_who_unsubscribed_since_keeps_out_and_still_loses_the_tag(
    shop: Shop, told: SyncContext, sync: Sync, mailchimp: MailchimpSimulator
) -> None:
    shop.named("a", "b")
    apply_sync(sync, told)
    member(mailchimp, "a").status = "unsubscribed"
    shop.named("a", "b", first_name="New")
    assert apply_sync(sync, told).rejected == 1
    assert member(mailchimp, "a").status == "unsubscribed"
    shop.named("b", first_name="New")
    assert apply_sync(sync, told).accepted == 1
    assert tagged(mailchimp) == {"b"}


@pytest.mark.parametrize("status", ["pending", "transactional"])
def test_new_members_may_have_to_confirm(
    shop: Shop, told: SyncContext, sync: Sync, mailchimp: MailchimpSimulator, status: str
) -> None:
    asking = replace(sync, connection=sync.connection | {"status_if_new": status})
    shop.named("a")
    assert apply_sync(asking, told).accepted == 1
    assert member(mailchimp, "a").status == status


def test_errors_stand_by_address_and_the_rest_is_done(
    shop: Shop, told: SyncContext, sync: Sync, mailchimp: MailchimpSimulator
) -> None:
    mailchimp.deleted.add(hashed("c@example.com"))
    addresses = {"a": "A@Example.com", "b": "no address", "c": "c@example.com"}
    shop.people([{"customer_id": key, "email": value} for key, value in addresses.items()])
    result = apply_sync(sync, told)
    assert (result.accepted, result.rejected, result.requests) == (1, 2, 1)
    assert tagged(mailchimp) == {"a"}


def test_a_batch_refused_for_some_goes_again_without_them(
    shop: Shop, told: SyncContext, sync: Sync, make_sync: MakeSync, mailchimp: MailchimpSimulator
) -> None:
    mapping = MAPPING | {"vip": {"column": "first_name"}}
    odd = make_sync(DOCUMENT, connection=sync.connection, mapping=mapping)
    people = [{"customer_id": key, "email": f"{key}@example.com"} for key in "abc"]
    shop.people([people[0], people[1] | {"first_name": "no boolean"}, people[2]])
    result = apply_sync(odd, told)
    assert (result.accepted, result.rejected, result.requests) == (2, 1, 2)
    assert tagged(mailchimp) == {"a", "c"}
    # What was wrong on purpose is no request to hold against the description.
    mailchimp.requests[:] = [one for one in mailchimp.requests if b"no boolean" not in one.body]


SHOWN = {"id": "1", "email_address": "a@example.com", "status": "subscribed"}


def batched(**said: Any) -> Fault:
    """An answer to a batch that did nothing."""
    return answer(200, {"new_members": [], "updated_members": [], "errors": []} | said)


@pytest.mark.parametrize(
    "fault",
    [
        batched(),
        batched(new_members=[SHOWN | {"email_address": "else@example.com"}]),
        batched(new_members=[SHOWN], updated_members=[SHOWN]),
        batched(new_members=[SHOWN], errors=[{"email_address": "a@example.com", "error": "No."}]),
        batched(errors=[{"email_address": "else@example.com", "error": "No."}]),
        batched(errors=None),
        answer(200, []),
        answer(200, {"new_members": [SHOWN]}),
        Fault(403),
        Fault(403, body=b"<html>Forbidden</html>"),
        Fault(429),
        Fault(503),
    ],
    ids=lambda fault: f"{fault.status} {fault.body.decode()[:90]}",
)
def test_what_an_answer_does_not_say_was_done_is_sent_again(
    shop: Shop, told: SyncContext, sync: Sync, mailchimp: MailchimpSimulator, fault: Fault
) -> None:
    mailchimp.faults.extend([None, None, fault])  # the tag and the merge fields are looked at first
    shop.named("a", "b")
    result = apply_sync(sync, told)
    assert (result.accepted, result.rejected, result.pending) == (2, 0, 0)
    assert tagged(mailchimp) == {"a", "b"}


def test_a_403_with_a_reason_is_a_closed_door(
    shop: Shop, told: SyncContext, sync: Sync, mailchimp: MailchimpSimulator
) -> None:
    mailchimp.faults.append(answer(403, {"title": "User Disabled", "detail": "This account is."}))
    shop.named("a")
    result = apply_sync(sync, told)
    assert (result.status, result.pending) == ("stopped", 1)


def tag_answer(**said: Any) -> Fault:
    """An answer to a change of the tag that did nothing."""
    return answer(200, {"members_added": [], "members_removed": [], "errors": []} | said)


Case = tuple[Fault, int]
ERROR = {"email_addresses": ["a@example.com"], "error": "Not today."}


@pytest.mark.parametrize(
    "case",
    [
        (tag_answer(), 2),
        (tag_answer(errors=[ERROR]), 1),
        (tag_answer(members_added=[SHOWN | {"email_address": "else@example.com"}]), 2),
        (tag_answer(errors=[{"error": "No."}]), 2),
        (replace(tag_answer(), does_work=True), 2),
        (replace(tag_answer(errors=[ERROR]), does_work=True), 2),
    ],
    ids=str,
)
def test_a_new_member_is_accepted_with_the_tag_alone(
    shop: Shop, told: SyncContext, sync: Sync, mailchimp: MailchimpSimulator, case: Case
) -> None:
    fault, accepted = case
    mailchimp.faults.extend([None, None, None, fault])
    shop.named("a", "b")
    result = apply_sync(sync, told)
    assert (result.accepted, result.rejected) == (accepted, 2 - accepted)
    assert len(tagged(mailchimp)) == accepted


DONE = replace(tag_answer(errors=[ERROR]), does_work=True)


@pytest.mark.parametrize(
    "case", [(tag_answer(), 1), (tag_answer(errors=[ERROR]), 0), (DONE, 1)], ids=str
)
def test_who_left_is_accepted_without_the_tag_alone(
    shop: Shop, told: SyncContext, sync: Sync, mailchimp: MailchimpSimulator, case: Case
) -> None:
    fault, accepted = case
    shop.named("a", "b")
    apply_sync(sync, told)
    mailchimp.faults.extend([None, None, fault])
    shop.named("b")
    result = apply_sync(sync, told)
    assert (result.accepted, result.rejected) == (accepted, 1 - accepted)
    assert tagged(mailchimp) == ({"b"} if accepted else {"a", "b"})


def test_a_change_asks_after_nobody(
    shop: Shop, told: SyncContext, sync: Sync, mailchimp: MailchimpSimulator
) -> None:
    shop.named("a", "b")
    apply_sync(sync, told)
    mailchimp.faults.extend([None, None, None, replace(tag_answer(), does_work=True)])
    shop.named("a", "b", first_name="New")
    assert apply_sync(sync, told).accepted == 2
    assert not [one for one in mailchimp.requests if one.path.endswith("/tags")]


def test_others_keep_the_tag_and_nobody_leaves_the_audience(
    shop: Shop, told: SyncContext, sync: Sync, mailchimp: MailchimpSimulator
) -> None:
    mailchimp.put(Member("theirs@example.com", "subscribed", tags={TAG, 8}))
    shop.named("a", "b")
    apply_sync(replace(sync, mode="list"), told)
    assert member(mailchimp, "a").merge_fields == {}
    shop.named("b")
    apply_sync(replace(sync, mode="list"), told)
    assert tagged(mailchimp) == {"b", "theirs"}
    assert len(mailchimp.members) == 3


def test_without_a_tag_members_are_written_and_forgotten_alone(
    shop: Shop, told: SyncContext, sync: Sync, mailchimp: MailchimpSimulator
) -> None:
    alone = {name: one for name, one in sync.connection.items() if name != "segment_id"}
    upsert = replace(sync, mode="upsert", on_exit="keep", connection=alone)
    shop.named("a", "b")
    apply_sync(upsert, told)
    shop.named("c")
    apply_sync(upsert, told)
    bury(told.state_dir, ["a"], datetime(2026, 4, 1, 9))
    assert apply_sync(upsert, told).removals == 1
    assert {one.address[0] for one in mailchimp.members.values()} == {"b", "c"}
    assert not [one for one in mailchimp.requests if "/segments/" in one.path]


def test_a_segment_that_is_no_tag_stops_the_run(
    shop: Shop, told: SyncContext, sync: Sync, mailchimp: MailchimpSimulator
) -> None:
    mailchimp.segments[TAG] = "saved"
    shop.named("a")
    result = apply_sync(sync, told)
    assert (result.status, result.problem) == ("stopped", "segment 7 is no tag")
    assert mailchimp.members == {}


def test_a_merge_field_that_would_be_ignored_stops_the_run(
    shop: Shop, told: SyncContext, sync: Sync, mailchimp: MailchimpSimulator
) -> None:
    unknown = MappedField("NOWHERE", column="first_name")
    shop.named("a")
    result = apply_sync(replace(sync, mapping=(*sync.mapping, unknown)), told)
    assert (result.status, result.problem) == ("stopped", "there is no merge field NOWHERE")
    assert mailchimp.members == {}


def test_requests_hold_500_members_ten_at_a_time(
    shop: Shop, told: SyncContext, sync: Sync, mailchimp: MailchimpSimulator
) -> None:
    mailchimp.merge_fields["LNAME"] = True  # required of people who fill a form
    shop.named(*(f"p{number:03}" for number in range(501)))
    assert apply_sync(replace(sync, max_rows=1000), told).accepted == 501
    assert sorted(len(one["members"]) for one in asked_for(mailchimp, LIST)) == [1, 500]
    sizes = [len(one["members_to_add"]) for one in asked_for(mailchimp, SEGMENT)]
    assert sorted(sizes) == [1, 500]
    shop.named(*(f"p{number:03}" for number in range(40)), first_name="New")
    mailchimp.faults.extend([Fault(429, delay=0.05)] * 2)
    assert apply_sync(replace(sync, max_rows=1), told).accepted == 501
    assert mailchimp.most_under_way <= 10


def test_who_was_forgotten_is_deleted_for_good(
    shop: Shop, told: SyncContext, sync: Sync, mailchimp: MailchimpSimulator
) -> None:
    mailchimp.put(Member("theirs@example.com", "subscribed"))
    shop.named("a", "b", "c")
    apply_sync(sync, told)
    # b is gone there already.
    del mailchimp.members[hashed("b@example.com")]
    bury(told.state_dir, ["a", "b"], datetime(2026, 4, 1, 9))
    assert apply_sync(sync, told).accepted == 2
    assert {one.address[0] for one in mailchimp.members.values()} == {"t", "c"}
    assert hashed("a@example.com") in mailchimp.deleted
    assert apply_sync(sync, told).status == "unchanged"


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"connection": {"api_key": "${K}", "list_id": "a1"}}, "connection.segment_id: is missing"),
        ({"connection": CONNECTION | {"status_if_new": "cleaned"}}, "status_if_new: is 'cleaned'"),
        ({"mapping": {"email_address": {"column": "email"}}}, "key: members are known by address"),
        ({"key": "customer_id", "mapping": {"ID": {"column": "customer_id"}}}, "known by address"),
        ({"mapping": MAPPING | {"name": {"constant": "a"}}}, "mapping.name: is no merge tag"),
        ({"mode": "insert"}, "does not offer mode insert"),
    ],
)
def test_what_a_sync_to_mailchimp_may_not_say(
    make_sync: MakeSync, keys: dict[str, Any], message: str
) -> None:
    with pytest.raises(SyncError, match=message):
        make_sync(DOCUMENT, **keys)


def test_a_key_says_where_the_account_is(
    shop: Shop, told: SyncContext, make_sync: MakeSync
) -> None:
    shop.named("a")
    with pytest.raises(SyncError, match="does not end in the name of a data centre"):
        apply_sync(make_sync(DOCUMENT), replace(told, environment={"KEY": "nowhere"}))


def asked(
    path: str, body: Any = None, query: dict[str, str] | None = None, *, method: str = "POST"
) -> Request:
    token = base64.b64encode(f"perennial:{KEY}".encode()).decode()
    headers = {"content-type": "application/json", "authorization": f"Basic {token}"}
    return Request(
        method, path, query or {}, headers, b"" if body is None else json.dumps(body).encode()
    )


ADA = {"email_address": "a@example.com", "status_if_new": "subscribed"}
GOOD = asked(LIST, {"members": [ADA], "update_existing": True})
WRONG = {
    "a status there is not": asked(LIST, {"members": [ADA | {"status": "active"}]}),
    "no members": asked(LIST, {"update_existing": True}),
    "members that are no list": asked(LIST, {"members": ADA}),
    "an address that is a number": asked(LIST, {"members": [{"email_address": 5}]}),
    "a yes that is text": asked(LIST, {"members": [ADA | {"vip": "yes"}]}),
    "a tag for numbers": asked(SEGMENT, {"members_to_add": [5]}),
    "a query misspelt": asked(LIST, {"members": [ADA]}, {"skip_validation": "true"}),
    "a path that is not there": asked(f"{LIST}/tag", {"members_to_add": []}),
    "no key": replace(GOOD, headers={"content-type": "application/json"}),
}


def test_the_description_takes_what_is_right() -> None:
    check_request(description("MAILCHIMP"), GOOD, "/3.0")


@pytest.mark.parametrize("what", WRONG)
def test_the_description_refuses_what_is_wrong(what: str) -> None:
    with pytest.raises(RequestError):
        check_request(description("MAILCHIMP"), WRONG[what], "/3.0")
