"""What the syncs are given of this installation: places, day and secrets."""

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
    )
