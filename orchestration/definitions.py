"""The one definition of the pipeline: assets, checks, the daily job and its schedule."""

from pathlib import Path

import dagster as dg
from dagster_dbt import DbtCliResource

from audiences.loader import load_definitions
from orchestration import dbt
from orchestration.assets.gate import build_gate_asset
from orchestration.assets.ledgers import build_ledgers_asset
from orchestration.assets.models import build_model_assets
from orchestration.assets.raw import build_raw_asset
from orchestration.assets.reports import build_reports_asset
from orchestration.assets.site import build_site_asset
from orchestration.assets.syncs import build_sync_assets
from orchestration.compile import compile_audiences
from orchestration.failure_alert import tell_of_failure
from orchestration.run_settings import RunSettings
from orchestration.settings import DBT_PROJECT, DEFINITIONS, load_settings

JOB = "run_pipeline_job"


def build_definitions(manifest: Path) -> dg.Definitions:
    """A fresh definitions object.

    Args:
        manifest: dbt's manifest.json, made after the audiences were compiled.
    """
    audiences = [each.audience for each in load_definitions(DEFINITIONS) if each.is_compiled]
    job = dg.define_asset_job(JOB, selection=dg.AssetSelection.all(), hooks={tell_of_failure})
    return dg.Definitions(
        assets=[
            build_reports_asset(),
            build_raw_asset(),
            *build_model_assets(manifest),
            build_gate_asset(audiences),
            build_ledgers_asset(),
            *build_sync_assets(),
            build_site_asset(),
        ],
        jobs=[job],
        schedules=[
            dg.ScheduleDefinition(
                name="run_pipeline_schedule",
                job=job,
                cron_schedule="30 0 * * *",
                execution_timezone="UTC",
            )
        ],
        resources={
            "dbt": DbtCliResource(
                project_dir=str(DBT_PROJECT),
                profiles_dir=str(DBT_PROJECT),
                dbt_executable=str(dbt.DBT),
            ),
            "run_settings": RunSettings(),
        },
        # dbt is the only writer of the warehouse file, which admits one process: steps run one after the other.
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """What `dagster dev` loads: audiences are compiled and dbt's manifest is refreshed first."""
    compile_audiences()
    return build_definitions(dbt.parse(load_settings()))
