"""Tells of a pipeline that failed before its syncs; a sync tells of itself."""

import dagster as dg

from orchestration.alerts import alert_of_step, tell
from orchestration.sync_context import sync_context


@dg.failure_hook(required_resource_keys={"run_settings"})
def tell_of_failure(context: dg.HookContext) -> None:
    """Send an alert for a failed step of a run."""
    step = context.op.name
    if step.startswith("syncs__"):
        return
    settings = context.resources.run_settings.load_run(context.instance, context.run_id)
    kind = type(context.op_exception).__name__
    tell(alert_of_step(step, kind, settings.as_of), sync_context(settings))
