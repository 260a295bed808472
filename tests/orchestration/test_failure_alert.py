"""A step that fails before the syncs is told, without its words; a sync tells of itself."""

from pathlib import Path

import dagster as dg
import pytest

from orchestration.failure_alert import tell_of_failure
from orchestration.run_settings import RunSettings
from tests.reverse_etl.listener import listening


@dg.asset(key=["syncs", "people_to_webhook"])
def a_sync() -> None:
    raise ValueError("somebody@example.com")


@dg.asset(key="raw")
def a_step() -> None:
    raise ValueError("somebody@example.com")


@pytest.mark.parametrize(("asset", "told"), [(a_step, 1), (a_sync, 0)])
def test_a_failed_step_is_told_once_a_day(
    asset: dg.AssetsDefinition, told: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    definitions = dg.Definitions(
        [asset],
        jobs=[dg.define_asset_job("daily", hooks={tell_of_failure})],
        resources={"run_settings": RunSettings(as_of="2026-03-31")},
    )
    monkeypatch.setenv("PERENNIAL_STATE_DIR", str(tmp_path))
    with listening() as listener:
        monkeypatch.setenv("PERENNIAL_ALERTS", listener.address)
        for _ in range(2):
            definitions.resolve_job_def("daily").execute_in_process(raise_on_error=False)
    assert len(listener.heard) == told
    for title, body in listener.heard:
        assert title == "Perennial: the pipeline failed at raw"
        assert body.startswith("2026-03-31: ValueError; what comes after it was not run")
        assert "somebody" not in body
