"""Runs the one pipeline of `definitions.py` in this process, or replays an earlier day beside it."""

import os
from dataclasses import replace

from audiences.state import days
from audiences.unfinished import sweep
from orchestration import dbt
from orchestration.compile import compile_for
from orchestration.complaint import Complaint
from orchestration.progress import say
from orchestration.settings import Settings

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def start_parsing(settings: Settings) -> dbt.Parsing:
    """Compile the audiences and begin to parse the project; meanwhile other work may go on.

    Raises:
        DefinitionError: A definition is wrong; nothing was written.
    """
    compile_for(settings)
    return dbt.Parsing(settings)


def run_pipeline(
    settings: Settings,
    *,
    deliver: bool,
    full_refresh: bool,
    parsing: dbt.Parsing | None = None,
) -> list[Complaint]:
    """Run the whole pipeline for the settings' as-of day.

    Args:
        settings: Paths and as-of day.
        deliver: Whether syncs to destinations other than `file` may send.
        full_refresh: Whether dbt rebuilds incremental models from nothing.
        parsing: What `start_parsing` began earlier.

    Returns:
        What failed; empty when everything succeeded.
    """
    newest = max(days(settings.state_dir), default=None)
    if newest is not None and settings.as_of < newest:
        replay(settings, newest.isoformat())
        return []
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    for folder in (settings.state_dir, settings.deliveries_dir):
        sweep(folder)
    os.environ.update(settings.environment())
    parsing = parsing or start_parsing(settings)
    # Imported while dbt parses: Dagster and Great Expectations take as long.
    import dagster as dg

    from orchestration.definitions import JOB, build_definitions
    from orchestration.failures import complaints

    job = build_definitions(parsing.manifest()).resolve_job_def(JOB)
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
