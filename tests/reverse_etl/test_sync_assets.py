"""The asset of a sync: what it did is to be seen in Dagster, whether it succeeded or failed."""

from dataclasses import replace
from typing import Any

import dagster as dg
import pytest

from orchestration.assets.syncs import build_sync_asset
from orchestration.run_settings import RunSettings
from reverse_etl.simulators.base import Fault
from reverse_etl.simulators.webhook import WebhookSimulator
from reverse_etl.spec import Breakers, Sync
from tests.reverse_etl.conftest import SECRET, Shop


@pytest.fixture
def installed(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERENNIAL_WAREHOUSE", str(shop.path))
    monkeypatch.setenv("PERENNIAL_STATE_DIR", str(shop.root / "state"))
    monkeypatch.setenv("HOOK_SECRET", SECRET)


def run(sync: Sync, **settings: Any) -> tuple[dict[str, dg.MetadataValue], str | None]:
    """Metadata of the asset, or of its failure with what it says."""
    result = dg.materialize(
        [build_sync_asset(sync)],
        resources={"run_settings": RunSettings(as_of="2026-03-31", **settings)},
        raise_on_error=False,
    )
    if result.success:
        [event] = result.get_asset_materialization_events()
        return dict(event.materialization.metadata), None
    [failed] = [event for event in result.all_events if event.is_step_failure]
    said = failed.step_failure_data.user_failure_data
    assert said is not None
    return dict(said.metadata), said.description


def numbers(metadata: dict[str, dg.MetadataValue]) -> dict[str, Any]:
    return {name: value.value for name, value in metadata.items()}


@pytest.mark.usefixtures("installed")
def test_a_run_is_shown(shop: Shop, hook: Sync, receiver: WebhookSimulator) -> None:
    receiver.judge = lambda one: "is not wanted" if one["external_id"] == "b" else None
    shop.blocks = [("c", "email", "newsletter", "withdrawn")]
    shop.named("a", "b", "c")
    metadata, _ = run(hook, deliver=True)
    shown = numbers(metadata)
    assert {
        "planned": 2,
        "accepted": 1,
        "rejected": 1,
        "withheld": 1,
        "quarantined": 0,
        "requests": 1,
        "run_id": "2026-03-31-001",
        "status": "delivered",
    }.items() <= shown.items()
    assert str(shown["plan_id"]).startswith("plan_")
    assert shown["seconds"] > 0 < shown["rows_per_second"]
    assert isinstance(metadata["planned"], dg.IntMetadataValue)
    assert isinstance(metadata["seconds"], dg.FloatMetadataValue)
    assert isinstance(metadata["plan_id"], dg.TextMetadataValue)


@pytest.mark.usefixtures("installed")
def test_a_plan_is_shown_where_nothing_is_sent(shop: Shop, hook: Sync) -> None:
    shop.named("a", "b")
    shown = numbers(run(hook)[0])
    assert (shown["planned"], shown["requests"]) == (2, 1)
    assert "run_id" not in shown


@pytest.mark.usefixtures("installed")
def test_a_held_run_is_shown(shop: Shop, hook: Sync) -> None:
    shop.named(*"abcd")
    run(hook, deliver=True)
    shop.named("a")
    metadata, said = run(replace(hook, breakers=Breakers()), deliver=True)
    shown = numbers(metadata)
    reason = "max_removed_share: 3 of 4 (75.0%) is above 30.0%"
    assert (shown["held_reason"], shown["removals"], shown["status"]) == (reason, 3, "held")
    assert said == f"sync people_to_webhook was held: {reason}"
    assert "perennial sync plan" in str(shown["fix"])


@pytest.mark.usefixtures("installed")
def test_a_stopped_run_is_shown(shop: Shop, hook: Sync, receiver: WebhookSimulator) -> None:
    shop.named("a", "b")
    receiver.faults.append(Fault(401))
    shown = numbers(run(hook, deliver=True)[0])
    assert (shown["pending"], shown["status"]) == (2, "stopped")
    assert "HTTP 401" in shown["problem"]


@pytest.mark.usefixtures("installed")
def test_a_run_with_too_many_rejected_rows_is_shown(
    shop: Shop, hook: Sync, receiver: WebhookSimulator
) -> None:
    receiver.judge = lambda _one: "is not wanted"
    shop.named("a", "b")
    metadata, said = run(hook, deliver=True)
    assert numbers(metadata)["rejected"] == 2
    assert said == "sync people_to_webhook: 2 of 2 rows were rejected"
