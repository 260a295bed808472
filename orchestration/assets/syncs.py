"""One asset a sync. A sync that fails or is held stops no other."""

from dataclasses import dataclass, field

import dagster as dg

from audiences.errors import WorkError
from orchestration.assets.ledgers import EXPORTED
from orchestration.failures import as_failure, failure_of
from orchestration.progress import say
from orchestration.run_settings import RunSettings
from orchestration.settings import SYNCS
from orchestration.sync_context import sync_context
from orchestration.sync_runs import run_sync
from reverse_etl.destinations import REGISTRY
from reverse_etl.loader import load_syncs
from reverse_etl.plan import PlanSummary
from reverse_etl.result import RunResult
from reverse_etl.spec import Sync
from reverse_etl.sync import plan_sync

_SHOWN = (
    "as_of",
    "run_id",
    "plan_id",
    "status",
    "held_reason",
    "problem",
    "planned",
    "planned",
    "adds",
    "changes",
    "removals",
    "accepted",
    "rejected",
    "pending",
    "withheld",
    "quarantined",
    "waiting",
    "requests",
    "seconds",
    "rows_per_second",
    "least_seconds",
)


@dataclass(frozen=True)
class Step:
    """What a sync did in this run, in one line and as metadata of the asset."""

    line: str
    metadata: dict[str, dg.MetadataValue] = field(default_factory=dict)


def build_sync_assets() -> list[dg.AssetsDefinition]:
    """The assets `[syncs, name]`; they wait for the ledgers, for nothing is planned before the state is kept."""
    return [build_sync_asset(sync) for sync in load_syncs(SYNCS).values()]


def build_sync_asset(sync: Sync) -> dg.AssetsDefinition:
    """The asset `[syncs, name]` of one sync."""

    @dg.asset(
        key=["syncs", sync.name],
        deps=[["audiences", sync.audience], ["audiences", "current_blocks"], *EXPORTED],
        group_name="syncs",
        kinds={sync.destination},
    )
    def deliver(
        context: dg.AssetExecutionContext, run_settings: RunSettings
    ) -> dg.MaterializeResult[None]:
        with as_failure():
            step = _step(sync, run_settings, context)
        say(step.line)
        return dg.MaterializeResult(metadata=step.metadata)

    return deliver


def _step(sync: Sync, run_settings: RunSettings, context: dg.AssetExecutionContext) -> Step:
    """Apply the sync when this run may deliver it, else plan it.

    Raises:
        Failure: A breaker or the gate held it, the destination stayed down, or too many rows were rejected.
    """
    name = f"sync {sync.name}"
    if not sync.is_active:
        return Step(f"{name}: paused")
    places = sync_context(run_settings.load(context))
    if run_settings.deliver or REGISTRY[sync.destination].is_file:
        result = run_sync(sync, places)
        metadata = metadata_of(result)
        if (error := _error(result)) is not None:
            raise failure_of(error, metadata)
        return Step(_line(name, result), metadata)
    plan = plan_sync(sync, places)
    line = (
        f"{name}: planned {plan.adds} new, {plan.changes} changed, {plan.removals} removed; "
        "not sent (--deliver sends)"
    )
    return Step(line, metadata_of(plan))


def metadata_of(done: RunResult | PlanSummary) -> dict[str, dg.MetadataValue]:
    """What a run did, or a plan would do, as the asset's page shows it: counts and names."""
    shown: dict[str, dg.MetadataValue] = {}
    for name in _SHOWN:
        value = getattr(done, name, None)
        if isinstance(value, int):
            shown[name] = dg.MetadataValue.int(value)
        elif isinstance(value, float):
            shown[name] = dg.MetadataValue.float(round(value, 3))
        elif value is not None:
            shown[name] = dg.MetadataValue.text(str(value))
    return shown


def _error(result: RunResult) -> WorkError | None:
    if result.status == "held":
        return WorkError(
            f"sync {result.sync} was held: {result.held_reason}",
            f"look at `perennial sync plan {result.sync}`",
        )
    if result.status == "stopped":
        return WorkError(
            f"sync {result.sync} stopped: {result.problem}; {result.pending} rows wait",
            "see that the destination answers, then run again",
        )
    if result.has_too_many_rejected:
        return WorkError(
            f"sync {result.sync}: {result.rejected} of {result.planned} rows were rejected",
            f"see `perennial sync log {result.sync}` for the reasons",
        )
    return None


def _line(name: str, result: RunResult) -> str:
    if result.status == "unchanged":
        return f"{name}: nothing changed, 0 requests"
    withheld = f", {result.withheld} withheld" if result.withheld else ""
    rejected = f", {result.rejected} rejected" if result.rejected else ""
    return (
        f"{name}: {result.accepted} delivered ({result.adds} new, {result.changes} changed, "
        f"{result.removals} removed){rejected}{withheld}"
    )
