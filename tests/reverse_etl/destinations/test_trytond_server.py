"""A real Tryton server as the CRM of a company: what syncs make of parties and lists, read back as a clerk does."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from audiences.erasures import bury
from reverse_etl.context import SyncContext
from reverse_etl.sync import apply_sync
from tests.reverse_etl.conftest import WEBHOOK, MakeSync, Shop
from tests.reverse_etl.trytond_server import DATABASE, OURS, PASSWORD, Crm

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("servers")]

DOCUMENT = WEBHOOK | {
    "sync": "people_to_trytond",
    "destination": "trytond",
    "mapping": {
        "code": {"column": "customer_id"},
        "name": {"column": "first_name"},
        "email": {"column": "email", "normalise": "email"},
    },
    "batch": {"max_rows": 500},
}
ODD = ("O'Brien", 'says "hi", twice', "Çağla Öz", "back\\slash", "", None)
People = dict[str, tuple[str | None, str]]


@pytest.fixture
def told(context: SyncContext) -> SyncContext:
    return replace(context, environment={"CRM_PASSWORD": PASSWORD})


def connection(crm: Crm, **more: Any) -> dict[str, Any]:
    known = {"base_url": crm.url, "database": DATABASE, "username": OURS}
    return known | {"password": "${CRM_PASSWORD}"} | more


def fill(shop: Shop, people: People) -> None:
    shop.people(
        [
            {"customer_id": code, "first_name": name, "email": email}
            for code, (name, email) in people.items()
        ]
    )


def members(prefix: str, many: int) -> People:
    """People whose codes begin alike, some with odd names."""
    names = [*ODD, *(f"Name {number}" for number in range(len(ODD), many))]
    return {
        f"{prefix}{n}": (name, f"{prefix}{n}@example.com") for n, name in enumerate(names[:many])
    }


def held(crm: Crm, prefix: str) -> People:
    """The parties that are there, by code."""
    found = crm.parties(("code", "like", f"{prefix}%"))
    return {code: (name, *mails) for code, (name, mails, active) in found.items() if active}


def test_a_thousand_parties_are_mirrored(
    shop: Shop, told: SyncContext, crm: Crm, make_sync: MakeSync
) -> None:
    theirs = {"code": "p-theirs", "name": "Of a clerk"}
    mail = {"contact_mechanisms": [["create", [{"type": "email", "value": "clerk@example.com"}]]]}
    crm.make("party.party", theirs | mail, {"code": "p7", "name": "Of a clerk"} | mail)
    others = {"p-theirs": ("Of a clerk", "clerk@example.com")}
    sync = make_sync(DOCUMENT, connection=connection(crm))

    def check(people: People) -> None:
        fill(shop, people)
        result = apply_sync(sync, told)
        assert (result.rejected, result.pending) == (0, 0)
        before = crm.requests()
        assert apply_sync(sync, told).requests == 0
        assert crm.requests() == before > 0
        kept = held(crm, "p")
        # The party p7 was there: it has the address of the clerk too, and stays when its member leaves.
        name, first, *rest = kept.pop("p7")
        assert (name, first, *rest) == (p7[0], "clerk@example.com", p7[1])
        assert kept == others | {code: one for code, one in people.items() if code != "p7"}

    people = members("p", 1000)
    p7 = people["p7"]
    check(people)
    people |= {f"p{n}": (f"Edited {n}", f"new-p{n}@example.com") for n in range(100, 200)}
    people = {code: one for code, one in people.items() if code != "p7" and int(code[1:]) < 900}
    check(people | members("pp", 20))
    check(people | {f"p{n}": (f"Back {n}", f"p{n}@example.com") for n in range(890, 910)})
    everybody = crm.parties(("code", "like", "p%"))
    assert len(everybody) == 1000 + 20 + 1, "archived ones stay, and nobody is there twice"


def test_a_list_is_mirrored(shop: Shop, told: SyncContext, crm: Crm, make_sync: MakeSync) -> None:
    ours, elsewhere = crm.new_list("ours"), crm.new_list("elsewhere")
    *_, gone, _ = crm.make(
        "marketing.email",
        {"list_": ours, "email": "theirs@example.com"},
        {"list_": ours, "email": "l1@example.com"},
        {"list_": ours, "email": "l2@example.com"},
        {"list_": elsewhere, "email": "l3@example.com"},
    )
    crm.call("model.marketing.email.write", [gone], {"active": False}, {})
    sync = make_sync(DOCUMENT, connection=connection(crm, list_id=ours), key="email")
    people = members("l", 400)
    fill(shop, people)
    result = apply_sync(sync, told)
    # Who has unsubscribed is no member of the list, and stays so.
    assert (result.accepted, result.rejected) == (399, 1)
    wanted = {mail for _, mail in people.values()} - {"l2@example.com"}
    assert crm.addresses(ours) == wanted | {"theirs@example.com"}
    assert held(crm, "l") == people
    moved = {code: (name, f"new-{mail}") for code, (name, mail) in people.items() if code > "l3"}
    fill(shop, moved)
    apply_sync(sync, told)
    kept = {"theirs@example.com", "l1@example.com"}
    assert crm.addresses(ours) == {mail for _, mail in moved.values()} | kept
    assert crm.addresses(elsewhere) == {"l3@example.com"}
    assert held(crm, "l") == people | moved
    before = crm.requests()
    assert apply_sync(sync, told).requests == 0
    assert crm.requests() == before > 0


def test_members_that_cannot_be_written_stand_alone(
    shop: Shop, told: SyncContext, crm: Crm, make_sync: MakeSync
) -> None:
    people = members("b", 12)
    [archived] = crm.make("party.party", {"code": "b3", "name": "Of a clerk"})
    crm.call("model.party.party.write", [archived], {"active": False}, {})
    fill(shop, people | {"b5": ("n" * 9, "b5\t@example.com")})
    result = apply_sync(make_sync(DOCUMENT, connection=connection(crm)), told)
    assert (result.accepted, result.rejected) == (10, 2)
    assert held(crm, "b") == {code: one for code, one in people.items() if code not in {"b3", "b5"}}


@pytest.mark.parametrize("is_listed", [True, False])
def test_who_is_forgotten_is_erased(
    shop: Shop, told: SyncContext, crm: Crm, make_sync: MakeSync, is_listed: bool
) -> None:
    prefix = "f" if is_listed else "g"
    people = members(prefix, 8)
    list_id = crm.new_list("to be forgotten")
    place = {"list_id": list_id} if is_listed else {}
    key = "email" if is_listed else "customer_id"
    sync = make_sync(DOCUMENT, connection=connection(crm, **place), key=key)
    fill(shop, people)
    apply_sync(sync, told)
    bury(told.state_dir, [f"{prefix}7"], datetime(2026, 4, 1, 9))
    del people[f"{prefix}7"]
    fill(shop, people)
    assert apply_sync(sync, told).accepted == 1
    assert held(crm, prefix) == people
    assert crm.parties(("code", "=", f"{prefix}7")) == {f"{prefix}7": (None, (), False)}
    if is_listed:
        assert crm.addresses(list_id) == {mail for _, mail in people.values()}
