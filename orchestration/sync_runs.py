"""Applies a sync as commands and assets do: with its progress shown, and whoever should know told."""

from collections.abc import Collection
from dataclasses import replace

from orchestration.alerts import alert_of, alert_of_failure, tell
from orchestration.sync_progress import shown_progress
from reverse_etl.context import SyncContext
from reverse_etl.result import RunResult
from reverse_etl.spec import Sync
from reverse_etl.sync import apply_sync


def run_sync(  # noqa: PLR0913
    sync: Sync,
    context: SyncContext,
    plan_id: str | None = None,
    *,
    retry_rejected: bool = False,
    accept: Collection[str] = (),
    is_quiet: bool = False,
    is_told: bool = True,
) -> RunResult:
    """Apply a sync; alerts go out when it fails, is held or has too many rows rejected.

    Args:
        sync: The sync.
        context: Places, day, secrets, clock.
        plan_id: Send exactly this plan or refuse.
        retry_rejected: Send rows again that were rejected with the same values.
        accept: Breakers that do not hold this run.
        is_quiet: Whether nothing is shown while it works.
        is_told: Whether alerts go out; not when it was only tried.

    Raises:
        PerennialError: As `apply_sync`.
    """
    try:
        with shown_progress(sync.name, is_quiet=is_quiet) as show:
            watched = replace(context, on_progress=show)
            result = apply_sync(sync, watched, plan_id, retry_rejected, accept)
    except Exception as error:
        if is_told:
            tell(alert_of_failure(sync, error, context), context)
        raise
    if is_told:
        tell(alert_of(result), context)
    return result
