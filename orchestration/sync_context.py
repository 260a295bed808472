"""What the syncs are given of this installation: places, day and secrets."""

import sys

from orchestration.settings import ROOT, Settings, variables
from reverse_etl.context import SyncContext


def sync_context(settings: Settings) -> SyncContext:
    """The context of the syncs of one run; a `${NAME}` in a connection may name any variable or setting."""
    return SyncContext(
        root=ROOT,
        warehouse=settings.warehouse,
        state_dir=settings.state_dir,
        as_of=settings.as_of,
        environment=variables() | settings.environment(),
        on_progress=_show_progress,
    )


def _show_progress(done: int, planned: int) -> None:
    """A running count on a terminal, cleared when all is done."""
    if sys.stderr.isatty():
        count = "" if done >= planned else f"{done:,} of {planned:,} rows"
        print(f"\r\033[K{count}", end="", file=sys.stderr, flush=True)
