"""Runs the one pipeline of `definitions.py` in this process, or replays an earlier day beside it."""

import os
from dataclasses import replace

import dagster as dg

from audiences.state import days
from orchestration import dbt
from orchestration.compile import compile_audiences
from orchestration.definitions import JOB, build_definitions
from orchestration.failures import Complaint, complaints
from orchestration.progress import say
from orchestration.settings import Settings

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def run_pipeline(settings: Settings, *, deliver: bool, full_refresh: bool) -> list[Complaint]:
    """Run the whole pipeline for the settings' as-of day.

    Args:
        settings: Paths and as-of day.
        deliver: Whether syncs to destinations other than `file` may send.
        full_refresh: Whether dbt rebuilds incremental models from nothing.

    Returns:
        What failed; empty when everything succeeded.
    """
    newest = max(days(settings.state_dir), default=None)
    if newest is not None and settings.as_of < newest:
        replay(settings, newest.isoformat())
        return []
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    compile_audiences()
    os.environ.update(settings.environment())
    job = build_definitions(dbt.parse(settings)).resolve_job_def(JOB)
    run_settings = {
        "as_of": settings.as_of.isoformat(),
        "deliver": deliver,
        "full_refresh": full_refresh,
    }
    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(
            run_config={"resources": {"run_settings": {"config": run_settings}}, **QUIET},
            instance=instance,
            raise_on_error=False,
        )
    return complaints(result)


def replay(settings: Settings, newest: str) -> None:
    """Build the warehouse of an earlier day in a throwaway file beside the live one; the state folder is only read."""
    say(f"replay: newest is {newest}; nothing will be delivered")
    live = settings.warehouse
    throwaway = live.with_name(f"{live.stem}.replay-{settings.as_of}{live.suffix}")
    throwaway.unlink(missing_ok=True)
    dbt.build(replace(settings, warehouse=throwaway), ["--quiet"])
    say(f"replay: the warehouse of {settings.as_of} is {throwaway}; delete it when you are done")
