"""What the tools report back: whose it is, that it is kept once, and that nothing of it is lost or names anybody."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from audiences.erasures import bury, sweep_state
from reverse_etl.context import SyncContext
from reverse_etl.reports.pull import Pulled, pull_reports
from reverse_etl.simulators.base import answer
from reverse_etl.simulators.klaviyo import KlaviyoSimulator
from reverse_etl.spec import Sync
from reverse_etl.sync import apply_sync
from tests.reverse_etl.conftest import MakeSync, Shop
from tests.reverse_etl.descriptions import check_requests
from tests.reverse_etl.test_klaviyo import DOCUMENT, KEY

NOW = datetime(2026, 4, 1, 6, tzinfo=UTC)
MORNING = datetime(2026, 3, 31, 9, tzinfo=UTC)
OUT = "Unsubscribed from Email Marketing"


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
def told(context: SyncContext, sync: Sync, shop: Shop) -> SyncContext:
    """Ann and Bob were delivered."""
    told = replace(context, environment={"KEY": KEY}, clock=lambda: NOW)
    shop.named("ann", "bob")
    apply_sync(sync, told)
    return told


def nobody(_kind: str, _addresses: Collection[str]) -> Iterable[tuple[str, str]]:
    return []


def pull(sync: Sync, context: SyncContext, **people: Collection[str]) -> Pulled:
    """Pull of one source, where `people` names those who have an address."""

    def find(kind: str, addresses: Collection[str]) -> Iterable[tuple[str, str]]:
        assert kind in ("email", "phone")
        for name, ids in people.items():
            address = f"{name}@example.com"
            yield from ((address, one) for one in ids if address in addresses)

    [pulled] = pull_reports([sync], context, find)
    unplaced = sum(pulled.unplaced.values())
    assert pulled.read == pulled.new + pulled.repeated + unplaced
    return pulled


def held(context: SyncContext, columns: str = "customer_id, channel, event") -> list[Any]:
    files = f"{context.state_dir}/message_events/as_of=2026-03-31/*.parquet"
    return duckdb.sql(f"select {columns} from read_parquet('{files}') order by all").fetchall()


def test_events_become_rows_of_the_contract(
    told: SyncContext, sync: Sync, klaviyo: KlaviyoSimulator
) -> None:
    mail = {"$message": "MSG1", "Campaign Name": "Spring"}
    klaviyo.happen("ann", "Received Email", MORNING, **mail)
    klaviyo.happen("ann", "Opened Email", MORNING, **mail, **{"Apple Privacy Open": "True"})
    link = "https://shop.example.com/a?utm_source=k&_kx=ann%40example.com"
    klaviyo.happen("ann", "Clicked Email", MORNING, **mail, URL=link, **{"Bot Click": False})
    klaviyo.happen("bob", "Bounced Email", MORNING, **{"$message": "MSG1", "Bounce Type": "Soft"})
    klaviyo.happen("bob", OUT, MORNING)
    klaviyo.happen("bob", "Placed Order", MORNING)
    pulled = pull(sync, told)
    followed = "https://shop.example.com/a?utm_source=k"
    assert (pulled.read, pulled.new, pulled.rows) == (6, 6, 6)
    columns = "message_event_id, message_id, customer_id, campaign_id, event, is_machine, url"
    assert held(told, columns) == [
        ("klaviyo:E000001", "MSG1", "ann", "MSG1", "delivered", None, None),
        ("klaviyo:E000001/sent", "MSG1", "ann", "MSG1", "sent", None, None),
        ("klaviyo:E000002", "MSG1", "ann", "MSG1", "opened", True, None),
        ("klaviyo:E000003", "MSG1", "ann", "MSG1", "clicked", False, followed),
        ("klaviyo:E000004", "MSG1", "bob", None, "bounced_soft", None, None),
        ("klaviyo:E000005", "E000005", "bob", None, "unsubscribed", None, None),
    ]
    assert set(held(told, "channel, occurred_at")) == {("email", datetime(2026, 3, 31, 9))}


def test_what_was_pulled_before_is_kept_once(
    told: SyncContext, sync: Sync, klaviyo: KlaviyoSimulator
) -> None:
    klaviyo.happen("ann", "Opened Email", MORNING)
    assert pull(sync, told).new == 1
    klaviyo.happen("bob", "Opened Email", MORNING + timedelta(hours=1))
    again = pull(sync, told)
    assert (again.new, again.repeated) == (1, 1)
    assert again.since == datetime(2026, 3, 28, 9)
    assert pull(sync, told).new == 0
    assert [one for one, *_ in held(told)] == ["ann", "bob"]
    assert len(list((told.state_dir / "message_events").rglob("*"))) == 3


def test_page_after_page_is_read(told: SyncContext, sync: Sync, klaviyo: KlaviyoSimulator) -> None:
    klaviyo.events.page = 2
    for minute in range(5):
        klaviyo.happen("ann", "Opened Email", MORNING + timedelta(minutes=minute))
    assert pull(sync, told).new == 5


def test_two_syncs_of_an_account_pull_once(
    told: SyncContext, sync: Sync, klaviyo: KlaviyoSimulator
) -> None:
    klaviyo.happen("ann", "Opened Email", MORNING)
    [pulled] = pull_reports([sync, replace(sync, name="another")], told, nobody)
    assert (pulled.syncs, pulled.new) == ((sync.name, "another"), 1)


def test_a_stranger_is_counted_and_not_named(
    told: SyncContext, sync: Sync, klaviyo: KlaviyoSimulator
) -> None:
    klaviyo.profiles["P9"] = {"email": "eve@example.com"}
    for metric in ("Opened Email", OUT):
        klaviyo.events.add("P9", metric, MORNING, {})
    pulled = pull(sync, told)
    assert pulled.unplaced == {"of somebody who is not known": 2}
    assert not (told.state_dir / "message_events").exists()
    assert pull(sync, told, eve=["c9"]).new == 2  # known now, and still in the window


def test_a_refusal_counts_for_everybody_who_has_the_address(
    told: SyncContext, sync: Sync, klaviyo: KlaviyoSimulator
) -> None:
    klaviyo.profiles["P9"] = {"email": "Eve@example.com"}
    for metric in ("Opened Email", OUT):
        klaviyo.events.add("P9", metric, MORNING, {})
    pulled = pull(sync, told, eve=["c1", "c2"])
    assert pulled.unplaced == {"of an address several people have": 1}
    assert (pulled.new, pulled.rows) == (1, 2)
    assert held(told) == [("c1", "email", "unsubscribed"), ("c2", "email", "unsubscribed")]
    later = pull(sync, told, eve=["c0", "c1", "c2"])
    assert (later.new, later.rows) == (1, 1)  # somebody else who has it now


def test_who_was_forgotten_vanishes_and_stays_away(
    told: SyncContext, sync: Sync, klaviyo: KlaviyoSimulator
) -> None:
    klaviyo.happen("ann", "Opened Email", MORNING)
    klaviyo.happen("bob", "Opened Email", MORNING)
    pull(sync, told)
    bury(told.state_dir, ["ann"], NOW.replace(tzinfo=None))
    assert sweep_state(told.state_dir)["message_events"] == 1
    assert held(told) == [("bob", "email", "opened")]
    assert pull(sync, told).unplaced == {"of somebody who was forgotten": 1}
    assert held(told) == [("bob", "email", "opened")]


def test_an_event_of_tomorrow_does_not_move_the_window(
    told: SyncContext, sync: Sync, klaviyo: KlaviyoSimulator
) -> None:
    klaviyo.happen("ann", "Opened Email", NOW + timedelta(days=2))
    assert pull(sync, told).unplaced == {"dated in the future": 1}


def test_it_asks_again_and_a_failure_keeps_nothing(
    told: SyncContext, sync: Sync, klaviyo: KlaviyoSimulator, waits: list[float]
) -> None:
    klaviyo.happen("ann", "Opened Email", MORNING)
    klaviyo.happen("ann", OUT, MORNING)
    klaviyo.faults.extend([answer(429, retry_after="7"), None, answer(200, {"data": "?"})])
    assert pull(sync, told).new == 2
    assert 7 in waits
    klaviyo.happen("ann", "Clicked Email", MORNING)
    klaviyo.faults.extend([None, None, answer(401)])
    failed = pull(sync, told)
    assert failed.problem == "HTTP 401 Unauthorized"
    assert len(held(told)) == 2
    assert pull(sync, told).new == 1


def test_a_secret_that_is_not_set_stops_no_other(
    told: SyncContext, sync: Sync, klaviyo: KlaviyoSimulator
) -> None:
    klaviyo.happen("ann", "Opened Email", MORNING)
    unset = replace(sync, name="unset", connection=sync.connection | {"api_key": "${NOT_SET}"})
    failed, pulled = pull_reports([unset, sync], told, nobody)
    assert "${NOT_SET} is not set" in str(failed.problem)
    assert pulled.new == 1


def test_a_killed_pull_leaves_nothing(
    told: SyncContext, sync: Sync, klaviyo: KlaviyoSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    klaviyo.happen("ann", "Opened Email", MORNING)

    def killed(_from: Path, _to: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("os.replace", killed)
        with pytest.raises(KeyboardInterrupt):
            pull(sync, told)
    assert pull(sync, told).new == 1
    assert len(held(told)) == 1


def test_who_unsubscribes_is_held_back_and_leaves_the_list(
    shop: Shop, told: SyncContext, sync: Sync, klaviyo: KlaviyoSimulator
) -> None:
    """The parts of it; tests/orchestration/test_unsubscribe.py follows it through the models."""
    klaviyo.happen("ann", OUT, MORNING)
    pull(sync, told)
    shop.blocks = [
        (customer_id, channel, "newsletter", event) for customer_id, channel, event in held(told)
    ]
    shop.named("ann", "bob", first_name="Changed")
    result = apply_sync(sync, told)
    assert (result.accepted, result.withheld) == (1, 1)
    names = {one["external_id"]: one["first_name"] for one in klaviyo.profiles.values()}
    assert names == {"ann": None, "bob": "Changed"}

    shop.named("bob", first_name="Changed")
    assert apply_sync(sync, told).removals == 1
    assert [klaviyo.profiles[one]["external_id"] for one in klaviyo.lists["L1"]] == ["bob"]
