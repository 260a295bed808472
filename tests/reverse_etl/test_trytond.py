"""Tryton: what becomes of parties, contact mechanisms and lists, whose they are, sessions and refusals."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from audiences.erasures import bury
from reverse_etl.context import SyncContext
from reverse_etl.errors import SyncError
from reverse_etl.simulators.base import Fault, answer
from reverse_etl.simulators.trytond import ENTRY, MECHANISM, PARTY, TrytondSimulator
from reverse_etl.spec import Sync
from reverse_etl.sync import apply_sync
from tests.reverse_etl.conftest import WEBHOOK, MakeSync, Shop

MAPPING = {
    "code": {"column": "customer_id"},
    "name": {"column": "first_name"},
    "email": {"column": "email", "normalise": "email"},
}
DOCUMENT = WEBHOOK | {
    "sync": "people_to_trytond",
    "destination": "trytond",
    "connection": {"database": "crm", "username": "perennial", "password": "${PASSWORD}"},
    "mapping": MAPPING,
}


@pytest.fixture
def crm() -> Iterator[TrytondSimulator]:
    with TrytondSimulator() as crm:
        crm.add_list(3)
        yield crm


@pytest.fixture
def connection(crm: TrytondSimulator) -> dict[str, Any]:
    return DOCUMENT["connection"] | {"base_url": crm.url}


@pytest.fixture
def sync(make_sync: MakeSync, connection: dict[str, Any]) -> Sync:
    return make_sync(DOCUMENT, connection=connection)


@pytest.fixture
def listed(make_sync: MakeSync, connection: dict[str, Any]) -> Sync:
    """The same with a list."""
    return make_sync(DOCUMENT, connection=connection | {"list_id": 3}, key="email")


@pytest.fixture
def told(context: SyncContext) -> SyncContext:
    return replace(context, environment={"PASSWORD": "simulated"})


def called(crm: TrytondSimulator) -> list[str]:
    return [request.json()["method"] for request in crm.requests]


def test_a_party_has_the_values_of_a_member(
    shop: Shop,
    told: SyncContext,
    make_sync: MakeSync,
    connection: dict[str, Any],
    crm: TrytondSimulator,
) -> None:
    names = ("spent", "score", "born_on", "last_seen_at", "is_member")
    crm.fields |= dict.fromkeys(names, "other")
    mapping = MAPPING | {name: {"column": name} for name in names}
    values = {"spent": "10.5", "score": 0.25, "born_on": "1990-02-03", "is_member": True}
    shop.named("a", "b", first_name="Ada\nLovelace", last_seen_at="2026-03-01 10:20:30", **values)
    assert apply_sync(make_sync(DOCUMENT, connection=connection, mapping=mapping), told).accepted
    party = crm.party("a")
    assert (party["name"], party["email"]) == ("Ada Lovelace", "a@example.com")
    assert party["spent"] == {"__class__": "Decimal", "decimal": "10.5000"}
    assert party["born_on"] == {"__class__": "date", "year": 1990, "month": 2, "day": 3}
    clock = {"hour": 10, "minute": 20, "second": 30, "microsecond": 0}
    day = {"year": 2026, "month": 3, "day": 1}
    assert party["last_seen_at"] == {"__class__": "datetime"} | day | clock
    assert (party["score"], party["is_member"]) == (0.25, True)


def test_contact_mechanisms_of_others_stay(
    shop: Shop, told: SyncContext, sync: Sync, crm: TrytondSimulator
) -> None:
    theirs = crm.put(PARTY, code="a", name="A", contact_mechanisms=[])
    kept = {"party": theirs, "type": "email", "value_compact": None}
    crm.put(MECHANISM, **kept, value="clerk@example.com")
    for address in ("a@example.com", None, "new@example.com", "clerk@example.com", None):
        shop.people([{"customer_id": "a", "email": address, "first_name": "Ada"}])
        assert apply_sync(sync, told).accepted == 1
        held = {one["value"] for one in crm.records[MECHANISM].values()}
        assert held == {"clerk@example.com"} | {address} - {None}
    assert list(crm.records[PARTY]) == [theirs]


def test_who_leaves_is_archived_and_comes_back_unless_a_clerk_made_them(
    shop: Shop, told: SyncContext, sync: Sync, crm: TrytondSimulator
) -> None:
    crm.put(PARTY, code="theirs", name="Somebody")
    for names, active in (
        (("a", "b", "theirs"), {"a", "b", "theirs"}),
        (("a",), {"a", "theirs"}),
        (("a", "b"), {"a", "b", "theirs"}),
    ):
        shop.named(*names)
        apply_sync(sync, told)
        parties = crm.records[PARTY].values()
        assert {one["code"] for one in parties if one["active"]} == active
    assert len(crm.records[PARTY]) == 3


def test_what_a_clerk_archived_stays_so(
    shop: Shop, told: SyncContext, sync: Sync, crm: TrytondSimulator
) -> None:
    for code in "ab":
        crm.records[PARTY][crm.put(PARTY, code=code, name="Clerk")]["active"] = False
    crm.put(MECHANISM, party=1, type="email", value="a@example.com", value_compact=None)
    shop.named("a", "b", "c", "d")
    result = apply_sync(sync, told)
    assert (result.accepted, result.rejected, result.requests) == (2, 2, 2)
    assert {one["code"] for one in crm.records[PARTY].values() if one["active"]} == {"c", "d"}
    [theirs] = [one for one in crm.records[MECHANISM].values() if one["value"] == "c@example.com"]
    theirs["active"] = False
    for address in ("c@example.com", "new@example.com"):
        shop.people(
            [{"customer_id": "c", "email": address, "first_name": "Again"}, {"customer_id": "d"}]
        )
        assert apply_sync(sync, told).accepted
        assert not theirs["active"]
    assert crm.party("c")["email"] == "new@example.com"


def test_only_new_people_are_inserted(
    shop: Shop,
    told: SyncContext,
    make_sync: MakeSync,
    connection: dict[str, Any],
    crm: TrytondSimulator,
) -> None:
    crm.put(PARTY, code="a", name="As the clerk wrote it")
    shop.named("a", "b", first_name="New")
    sync = make_sync(DOCUMENT, connection=connection, mode="insert")
    assert apply_sync(sync, told).accepted == 2
    assert {one: crm.party(one)["name"] for one in "ab"} == {
        "a": "As the clerk wrote it",
        "b": "New",
    }


def test_a_list_holds_the_audience_and_what_clerks_put_there(
    shop: Shop, told: SyncContext, listed: Sync, crm: TrytondSimulator
) -> None:
    for name in ("theirs", "a"):
        crm.put(ENTRY, list_=3, email=f"{name}@example.com")
    shop.named("a", "b", "c")
    assert apply_sync(listed, told).accepted == 3
    shop.people([{"customer_id": code, "email": f"new-{code}@example.com"} for code in ("b", "d")])
    assert apply_sync(listed, told).removals == 3
    kept = {"theirs@example.com", "a@example.com"}
    assert set(crm.addresses(3)) == {"new-b@example.com", "new-d@example.com"} | kept
    assert {one["code"]: one["active"] for one in crm.records[PARTY].values()} == dict.fromkeys(
        "abcd", True
    )
    assert crm.party("b")["email"] == "new-b@example.com"


def test_who_unsubscribed_stays_so(
    shop: Shop, told: SyncContext, make_sync: MakeSync, listed: Sync, crm: TrytondSimulator
) -> None:
    mapping = {"email": MAPPING["email"]}
    sync = make_sync(
        DOCUMENT, connection=listed.connection, mode="list", key="email", mapping=mapping
    )
    shop.named("a", "b")
    apply_sync(sync, told)
    next(iter(crm.records[ENTRY].values()))["active"] = False
    assert crm.addresses(3) == ["b@example.com"]
    shop.named("b")
    assert apply_sync(sync, told).removals == 1
    shop.named("a", "b")
    assert apply_sync(sync, told).rejected == 1
    assert crm.addresses(3) == ["b@example.com"]
    assert not crm.records[PARTY]


@pytest.mark.parametrize("is_listed", [True, False])
@pytest.mark.parametrize("is_id_known", [True, False])
def test_who_is_forgotten_is_erased(  # noqa: PLR0917
    shop: Shop,
    told: SyncContext,
    sync: Sync,
    listed: Sync,
    crm: TrytondSimulator,
    is_listed: bool,
    is_id_known: bool,
) -> None:
    chosen = listed if is_listed else sync
    shop.named("a", "b", first_name="Ada")
    if not is_id_known:
        # The parties are made, and the answer that names them is lost.
        lost = Fault(cuts=True, does_work=True)
        calls_before = 5 if is_listed else 4
        crm.faults.extend([*([None] * calls_before), lost, *([Fault(401)] * 9)])
    apply_sync(chosen, told)
    crm.faults.clear()
    bury(told.state_dir, ["a"], datetime(2026, 4, 1, 9))
    shop.named("b", first_name="Ada")
    apply_sync(chosen, told)
    assert crm.party("a")["name"] is None
    assert not crm.party("a")["active"]
    held = [one["value"] for one in crm.records[MECHANISM].values()]
    assert sorted(held) == ["****", "b@example.com"]
    assert (crm.party("b")["name"], crm.party("b")["active"]) == ("Ada", True)
    if is_listed:
        assert crm.addresses(3) == ["b@example.com"]


def test_nobody_else_is_erased_who_has_the_address(
    shop: Shop, told: SyncContext, listed: Sync, crm: TrytondSimulator
) -> None:
    mail = {"type": "email", "value": "a@example.com", "value_compact": None}
    shop.named("a")
    crm.faults.extend([*([None] * 5), Fault(cuts=True, does_work=True), *([Fault(401)] * 9)])
    apply_sync(listed, told)
    crm.faults.clear()
    twin = crm.put(PARTY, code="twin", name="Twin", contact_mechanisms=[["create", [mail]]])
    crm.records[PARTY][twin]["create_uid"] = crm.party("a")["create_uid"]
    bury(told.state_dir, ["a"], datetime(2026, 4, 1, 9))
    shop.named("b")
    result = apply_sync(listed, told)
    assert (result.accepted, result.rejected) == (1, 1)
    assert crm.party("twin")["active"]
    assert crm.party("a")["active"]


def test_a_session_that_has_run_out_is_begun_anew(
    shop: Shop, told: SyncContext, sync: Sync, crm: TrytondSimulator
) -> None:
    shop.named(*"abcdefgh")
    crm.faults.extend([None] * 5 + [Fault(401)])
    assert apply_sync(sync, told).accepted == 8
    assert called(crm).count("common.db.login") == 2


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (answer(401), "HTTP 401"),
        (answer(200, {"id": 1, "error": ["'res.user'", ""]}), "no login"),
        (answer(200, {"id": 1, "error": ["LoginException", ["sms", "?", "char"]]}), "more than"),
        (answer(200, {"id": 1, "result": "?"}), "cannot be understood"),
        (answer(200, {"id": 1}), "cannot be understood"),
        (answer(200, {"id": 1, "error": ["ConcurrencyException", "x"]}), "in the way"),
    ],
)
def test_a_login_that_fails_stops_the_run(  # noqa: PLR0917
    shop: Shop, told: SyncContext, sync: Sync, crm: TrytondSimulator, trouble: Fault, words: str
) -> None:
    shop.named("a")
    crm.faults.extend([trouble] * 3)
    result = apply_sync(sync, told)
    assert result.status == "stopped"
    assert words in str(result.problem)
    crm.faults.clear()
    assert apply_sync(sync, told).recovered == 1
    assert crm.party("a")["active"]


@pytest.mark.parametrize(
    ("forbidden", "list_id", "field", "words"),
    [
        (PARTY, None, "name", "may not touch"),
        (ENTRY, 3, "name", "may not touch"),
        (None, 4, "name", "no mailing list 4"),
        (None, None, "shoe_size", "no field shoe_size"),
    ],
)
def test_a_place_that_is_not_there_stops_the_run_before_anything_is_sent(  # noqa: PLR0917
    shop: Shop,
    told: SyncContext,
    make_sync: MakeSync,
    connection: dict[str, Any],
    crm: TrytondSimulator,
    forbidden: str | None,
    list_id: int | None,
    field: str,
    words: str,
) -> None:
    crm.forbidden = {forbidden} - {None}
    place = {"list_id": list_id} if list_id else {}
    mapping = MAPPING | {field: {"column": "first_name"}}
    key = "email" if list_id else "customer_id"
    sync = make_sync(DOCUMENT, connection=connection | place, mapping=mapping, key=key)
    shop.named("a")
    assert words in str(apply_sync(sync, told).problem)
    assert not {"model.party.party.create", "model.marketing.email.create"} & set(called(crm))


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"key": "email"}, "no identifier of a party"),
        ({"mode": "list"}, "list_id"),
        ({"connection": {"list_id": 3}}, "no identifier of somebody on a list"),
        ({"connection": {"list_id": "x"}}, "write the list's number"),
        ({"mapping": MAPPING | {"email": {"column": "email"}}}, "normalise: email"),
        (
            {
                "connection": {"list_id": 3},
                "key": "email",
                "mapping": {name: MAPPING[name] for name in ("email", "name")},
            },
            "mapping.code",
        ),
    ],
)
def test_settings_that_cannot_work_are_told(
    make_sync: MakeSync, connection: dict[str, Any], more: dict[str, Any], words: str
) -> None:
    known = connection | more.get("connection", {})
    with pytest.raises(SyncError) as told:
        make_sync(DOCUMENT, **more | {"connection": known})
    assert words in f"{told.value} {told.value.fix}"
