"""One asset a sync. A sync that fails or is held stops no other."""

from dataclasses import asdict, dataclass

import dagster as dg

from audiences.errors import WorkError
from orchestration.assets.ledgers import EXPORTED
from orchestration.failures import as_failure
from orchestration.progress import say
from orchestration.run_settings import RunSettings
from orchestration.settings import SYNCS
from orchestration.sync_context import sync_context
from reverse_etl.destinations import REGISTRY
from reverse_etl.loader import load_syncs
from reverse_etl.result import RunResult
from reverse_etl.spec import Sync
from reverse_etl.sync import apply_sync, plan_sync


@dataclass(frozen=True)
class Step:
    """What a sync did in this run, in numbers and one line."""

    line: str
    counts: dict[str, int]


def build_sync_assets() -> list[dg.AssetsDefinition]:
    """The assets `[syncs, name]`; they wait for the ledgers, for nothing is planned before the state is kept."""
    return [_asset(sync) for sync in load_syncs(SYNCS).values()]


def _asset(sync: Sync) -> dg.AssetsDefinition:
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
            step = run_sync(sync, run_settings, context)
        say(step.line)
        return dg.MaterializeResult(metadata=step.counts)

    return deliver


def run_sync(sync: Sync, run_settings: RunSettings, context: dg.AssetExecutionContext) -> Step:
    """Apply the sync when this run may deliver it, else plan it.

    Raises:
        WorkError: A breaker or the gate held it, the destination stayed down, or too many rows were rejected.
    """
    name = f"sync {sync.name}"
    if not sync.is_active:
        return Step(f"{name}: paused", {})
    places = sync_context(run_settings.load(context))
    if run_settings.deliver or REGISTRY[sync.destination].is_file:
        result = apply_sync(sync, places)
        _refuse_failure(result)
        return Step(_line(name, result), _numbers(asdict(result)))
    plan = plan_sync(sync, places)
    line = (
        f"{name}: planned {plan.adds} new, {plan.changes} changed, {plan.removals} removed; "
        "not sent (--deliver sends)"
    )
    return Step(line, _numbers(asdict(plan)))


def _refuse_failure(result: RunResult) -> None:
    if result.status == "held":
        raise WorkError(
            f"sync {result.sync} was held: {result.held_reason}",
            f"look at `perennial sync plan {result.sync}`",
        )
    if result.status == "stopped":
        raise WorkError(
            f"sync {result.sync} stopped: {result.problem}; {result.pending} rows wait",
            "see that the destination answers, then run again",
        )
    if result.has_too_many_rejected:
        raise WorkError(
            f"sync {result.sync}: {result.rejected} of {result.planned} rows were rejected",
            f"see `perennial sync log {result.sync}` for the reasons",
        )


def _line(name: str, result: RunResult) -> str:
    if result.status == "unchanged":
        return f"{name}: nothing changed, 0 requests"
    withheld = f", {result.withheld} withheld" if result.withheld else ""
    rejected = f", {result.rejected} rejected" if result.rejected else ""
    return (
        f"{name}: {result.accepted} delivered ({result.adds} new, {result.changes} changed, "
        f"{result.removals} removed){rejected}{withheld}"
    )


def _numbers(fields: dict[str, object]) -> dict[str, int]:
    return {key: value for key, value in fields.items() if isinstance(value, int)}
