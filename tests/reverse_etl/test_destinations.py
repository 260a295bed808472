"""One contract for every registered destination; one without a counterpart fails.

A destination that tells events cannot mirror: there what was told stays told, once and as it was told first, and nobody
is removed (`Counterpart.after`).
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from reverse_etl.context import SyncContext
from reverse_etl.destinations import REGISTRY
from reverse_etl.simulators.base import Fault, Simulator
from reverse_etl.spec import Sync
from reverse_etl.sync import apply_sync
from tests.reverse_etl.conftest import MakeSync, Shop
from tests.reverse_etl.counterparts import COUNTERPARTS, THEIRS, Counterpart, Held
from tests.reverse_etl.descriptions import check_requests

ODD: Held = {
    "c0": "O'Brien",
    "c1": 'says "hi", twice',
    "c2": "Çağla Öz",
    "c3": "back\\slash",
    "c4": "line\nbreak",
    "c5": "",
    "c6": None,
}
FAULTS = [
    Fault(429, (("retry-after", "1"),)),
    Fault(cuts=True, does_work=True),
    Fault(200, body=b"<html>", does_work=True),
]


@pytest.fixture(params=COUNTERPARTS)
def counterpart(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Counterpart]:
    with COUNTERPARTS[request.param](tmp_path) as counterpart:
        yield counterpart
        if isinstance(counterpart.simulator, Simulator):
            made = counterpart.simulator.requests
            check_requests(made, *counterpart.descriptions, base=counterpart.base)


@pytest.fixture
def sync(counterpart: Counterpart, make_sync: MakeSync) -> Sync:
    return make_sync(counterpart.document)


@pytest.fixture
def told(counterpart: Counterpart, context: SyncContext) -> SyncContext:
    """The context with the counterpart's secrets, and patience for each fault."""
    patient = replace(context.retry, attempts=10, budget=1e6)
    return replace(context, environment=counterpart.environment, retry=patient)


def people(shop: Shop, audience: Held) -> None:
    shop.people(
        [
            {"customer_id": key, "email": f"{key}@example.com", "first_name": name}
            for key, name in audience.items()
        ]
    )


def test_every_destination_has_a_counterpart() -> None:
    assert REGISTRY.keys() <= COUNTERPARTS.keys()


def test_it_mirrors_the_audience(
    shop: Shop, told: SyncContext, sync: Sync, counterpart: Counterpart
) -> None:
    audience = dict(ODD)
    for edit in ({}, {"c1": "changed"}, {"new": "New"}):
        audience |= edit
        people(shop, audience)
        before = counterpart.held()
        assert apply_sync(sync, told).exit_code == 0
        assert counterpart.held() == counterpart.after(before, audience)
        assert apply_sync(sync, told).requests == 0
    before = counterpart.held()
    people(shop, {"new": "New"})
    leaving = 0 if counterpart.tells else len(audience) - 1
    assert apply_sync(sync, told).removals == leaving
    assert counterpart.held() == counterpart.after(before, {"new": "New"})


def test_it_says_which_rows_it_rejects(
    shop: Shop, told: SyncContext, sync: Sync, counterpart: Counterpart
) -> None:
    if counterpart.reject is None:
        pytest.skip("files reject nobody")
    counterpart.reject("Bob")
    people(shop, {"a": "Ada", "b": "Bob", "c": "Cem"})
    result = apply_sync(sync, told)
    assert (result.accepted, result.rejected) == (2, 1)
    assert counterpart.held() == counterpart.kept(THEIRS | {"a": "Ada", "c": "Cem"})
    assert apply_sync(sync, told).requests == 0
    counterpart.reject(None)
    assert apply_sync(sync, told, retry_rejected=True).accepted == 1
    assert counterpart.held() == counterpart.kept(THEIRS | {"a": "Ada", "b": "Bob", "c": "Cem"})


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_it_ends_as_the_audience_after_a_fault_anywhere(
    shop: Shop, told: SyncContext, sync: Sync, counterpart: Counterpart, fault: Fault
) -> None:
    if counterpart.simulator is None:
        pytest.skip("files have nobody to answer")
    for place in range(6):
        counterpart.simulator.faults.clear()
        counterpart.simulator.faults.extend([*([None] * place), fault])
        audience: Held = {f"c{number}": f"name {place}" for number in range(place, place + 7)}
        people(shop, audience)
        before = counterpart.held()
        apply_sync(sync, told)
        counterpart.simulator.faults.clear()
        apply_sync(sync, told)
        assert counterpart.held() == counterpart.after(before, audience)
        assert apply_sync(sync, told).requests == 0


def test_a_key_that_two_people_have_is_not_sent(
    shop: Shop, told: SyncContext, counterpart: Counterpart, make_sync: MakeSync
) -> None:
    mapping = {
        name: {"column": "email"} if source == {"column": "customer_id"} else source
        for name, source in counterpart.document["mapping"].items()
    }
    sync = make_sync({**counterpart.document, "key": "email", "mapping": mapping})
    shop.people(
        [
            {"customer_id": "a", "email": "same@example.com"},
            {"customer_id": "b", "email": "same@example.com"},
            {"customer_id": "c", "email": None},
            {"customer_id": "d", "email": "d@example.com", "first_name": "Dee"},
        ]
    )
    result = apply_sync(sync, told)
    assert (result.accepted, result.quarantined) == (1, 3)
    held = {key.removesuffix("@example.com"): name for key, name in counterpart.held().items()}
    assert held == counterpart.kept(THEIRS | {"d": "Dee"})


def test_a_mode_that_keeps_less_is_made_up_for_by_one_that_keeps_all(
    shop: Shop, told: SyncContext, counterpart: Counterpart, make_sync: MakeSync
) -> None:
    offered = REGISTRY[counterpart.document["destination"]].modes
    modes = [mode for mode in ("list", "insert", "update") if mode in offered]
    if counterpart.tells:
        pytest.skip("what was told stays told")
    if "list" in modes and counterpart.document["destination"] == "trytond":
        modes.remove("list")  # the counterpart has none
    people(shop, {"stays": "Cem"} | dict.fromkeys(modes, "Ada"))
    apply_sync(make_sync(counterpart.document), told)
    people(shop, {"stays": "Cem"})
    apply_sync(make_sync(counterpart.document), told)
    for mode in modes:
        people(shop, {"stays": "Cem", mode: "Eve"})
        apply_sync(make_sync(counterpart.document, mode=mode), told)
        apply_sync(make_sync(counterpart.document), told)
        assert counterpart.held() == counterpart.kept(THEIRS | {"stays": "Cem", mode: "Eve"})
