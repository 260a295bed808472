"""A process that applies a sync and kills itself at a named step: `python -m tests.reverse_etl.crash …`."""

import os
import signal
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

from reverse_etl.context import SyncContext
from reverse_etl.loader import load_sync
from reverse_etl.sync import apply_sync


def main(  # noqa: PLR0917
    root: Path, sync_file: Path, url: str, secret: str, step: str, count: int
) -> None:
    """Apply the sync; die, with no chance to tidy up, when the step is heard for the count-th time."""
    heard = 0

    def on_step(name: str) -> None:
        nonlocal heard
        heard += name == step
        if name == step and heard == count:
            os.kill(os.getpid(), signal.SIGKILL)

    context = SyncContext(
        root=root,
        warehouse=root / "warehouse.duckdb",
        state_dir=root / "state",
        as_of=date(2026, 3, 31),
        environment={"HOOK_SECRET": secret},
        on_step=on_step,
    )
    sync = load_sync(sync_file)
    if url:
        sync = replace(sync, connection=sync.connection | {"base_url": url})
    apply_sync(sync, context)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:6], int(sys.argv[6]))
