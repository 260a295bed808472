"""Somebody unsubscribes at the vendor: pulled, blocked at once, out of the audience the next day, off the list."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from reverse_etl.simulators.klaviyo import KlaviyoSimulator
from tests.conftest import Place, make_place
from tests.orchestration.test_pipeline import perennial, run
from tests.reverse_etl.conftest import WEBHOOK

pytestmark = [pytest.mark.slow, pytest.mark.pipeline]

LAST_DAY = date(2026, 3, 31)
NEXT_DAY = LAST_DAY + timedelta(days=1)
AUDIENCE = "churned_winback"
SYNC = f"{AUDIENCE}_to_klaviyo"
MEMBER = f"select count(*) from audiences.{AUDIENCE} where customer_id = ?"
BLOCKS = "select channel from audiences.current_blocks where customer_id = ?"
PERMISSIONS = """
select distinct is_allowed, reason from activation.contact_permissions where customer_id = ? and channel = 'email'
"""
LEFT = """
select exit_reason from audiences.audience_memberships where audience = ? and customer_id = ?
"""


@pytest.fixture(scope="module")
def klaviyo() -> Iterator[KlaviyoSimulator]:
    with KlaviyoSimulator() as klaviyo:
        klaviyo.lists["L1"] = set()
        yield klaviyo


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = make_place(tmp_path_factory.mktemp("shop"), LAST_DAY)
    out = ("--end", NEXT_DAY.isoformat(), "--out", str(place.settings.raw_dir))
    sampled = perennial(place, "sample", "--customers", "300", "--months", "12", *out)
    assert sampled.returncode == 0, sampled.stderr
    run(place)
    return place


@pytest.fixture(scope="module")
def folder(shop: Place, klaviyo: KlaviyoSimulator) -> Path:
    """One sync, to a list at the vendor."""
    folder = shop.settings.warehouse.parent / "syncs"
    folder.mkdir()
    document = WEBHOOK | {
        "sync": SYNC,
        "audience": AUDIENCE,
        "destination": "klaviyo",
        "connection": {"api_key": klaviyo.key, "list_id": "L1", "base_url": klaviyo.url},
        "mapping": {"external_id": {"column": "customer_id"}, "email": {"column": "email"}},
    }
    (folder / f"{SYNC}.yml").write_text(yaml.safe_dump(document))
    return folder


def members(klaviyo: KlaviyoSimulator) -> set[str]:
    return {klaviyo.profiles[one]["external_id"] for one in klaviyo.lists["L1"]}


def test_an_unsubscribe_takes_the_person_out_everywhere(
    shop: Place, folder: Path, klaviyo: KlaviyoSimulator
) -> None:
    def sync(place: Place, verb: str) -> None:
        finished = perennial(place, "sync", verb, SYNC, "--syncs", str(folder))
        assert finished.returncode == 0, finished.stderr

    sync(shop, "apply")
    before = members(klaviyo)
    person = min(before)
    assert len(before) > 1
    assert shop.rows(BLOCKS, [person]) == []

    evening = datetime(2026, 3, 31, 20, tzinfo=UTC)
    klaviyo.happen(person, "Unsubscribed from Email Marketing", evening)
    sync(shop, "pull")
    assert shop.rows(MEMBER, [person]) == [(1,)]
    assert {channel for (channel,) in shop.rows(BLOCKS, [person])} == {"email"}

    morning = Place(replace(shop.settings, as_of=NEXT_DAY))
    run(morning)
    assert morning.rows(PERMISSIONS, [person]) == [(False, "unsubscribed")]
    assert morning.rows(MEMBER, [person]) == [(0,)]
    assert morning.rows(LEFT, [AUDIENCE, person]) == [("consent",)]
    sync(morning, "apply")
    assert members(klaviyo) == {
        one for (one,) in morning.rows(f"select customer_id from audiences.{AUDIENCE}")
    }
    assert person not in members(klaviyo)
