"""What a plan shows: the time the destination's rates make it take, and rows without what tells who somebody is."""

from dataclasses import replace
from pathlib import Path

import pytest

from reverse_etl.context import SyncContext
from reverse_etl.destinations import REGISTRY
from reverse_etl.rates import Bucket, Rate, least_seconds
from reverse_etl.simulation import simulated
from reverse_etl.simulators import SIMULATORS
from reverse_etl.spec import Sync
from reverse_etl.sync import apply_sync, plan_sync
from tests.reverse_etl.conftest import MakeSync, Shop
from tests.reverse_etl.counterparts import COUNTERPARTS


def test_the_rates_say_how_long_a_plan_takes() -> None:
    rates = (Rate(10, 1), Rate(150, 60))
    assert [least_seconds(requests, rates) for requests in (0, 1, 10, 11, 151, 301)] == [
        *(0, 0, 0, 1, 60, 120)
    ]


def test_a_plan_shows_rows_without_saying_who_they_are(
    shop: Shop, context: SyncContext, hook: Sync
) -> None:
    people = [
        {"customer_id": f"customer-{n}", "email": f"somebody{n}@example.com", "first_name": "Ada"}
        for n in range(9)
    ]
    shop.people(people)
    apply_sync(hook, context)
    people[0]["email"] = "changed@example.com"
    shop.people([*people[:8], {"customer_id": "newcomer", "first_name": None}])
    samples = plan_sync(hook, context).samples
    assert [sample.kind for sample in samples] == ["add", "change", "remove"]
    assert samples[1].fields == {
        "email": "ch***",
        "external_id": "cu***",
        "first_name": "A***",
        "source": "perennial",
    }
    assert samples[0].fields["email"] is None
    assert samples[2].fields == {"external_id": "cu***"}


@pytest.mark.parametrize("destination", sorted(SIMULATORS.keys() - {"email", "trytond"}))
def test_a_plan_counts_the_requests_that_write(
    shop: Shop, context: SyncContext, make_sync: MakeSync, destination: str, tmp_path: Path
) -> None:
    shop.named(*"abc")
    with COUNTERPARTS[destination](tmp_path) as counterpart:
        sync = make_sync(counterpart.document)
        context = replace(context, environment=counterpart.environment)
        planned = plan_sync(sync, context).requests
        assert apply_sync(sync, context).accepted == 3
        assert counterpart.simulator is not None
        made = [one for one in counterpart.simulator.requests if one.method != "GET"]
    assert planned == len(made)


def test_who_waits_for_an_instant_waits_on_when_the_account_is_closed_meanwhile() -> None:
    now, slept = [0.0], []
    bucket = Bucket((Rate(1, 10),), clock=lambda: now[0])

    def sleep(seconds: float) -> None:
        if not slept:
            bucket.pause(60)
        slept.append(seconds)
        now[0] += seconds

    bucket.hold(sleep)
    bucket.hold(sleep)
    assert (slept, now) == ([10, 50], [60])


def test_every_service_has_a_stand_in() -> None:
    elsewhere = {name for name, one in REGISTRY.items() if not one.is_file}
    assert elsewhere <= set(SIMULATORS)


@pytest.mark.parametrize("destination", SIMULATORS)
def test_a_sync_can_be_tried_without_an_account(
    shop: Shop, context: SyncContext, make_sync: MakeSync, destination: str, tmp_path: Path
) -> None:
    with COUNTERPARTS[destination](tmp_path) as counterpart:
        sync = make_sync(counterpart.document, status="paused")
    shop.named(*"abc")
    with simulated(sync, context) as (stand_in, elsewhere):
        assert apply_sync(stand_in, elsewhere).accepted == 3
        assert apply_sync(stand_in, elsewhere).requests == 0
    assert plan_sync(sync, context).adds == 3
    assert not list((context.state_dir).glob("receipts/**/*.parquet"))
