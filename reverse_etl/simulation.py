"""A sync applied to a stand-in on this machine instead of its destination: for trying it without an account.

The stand-in holds nobody at the start, and nothing of the run is kept.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from reverse_etl.context import SyncContext
from reverse_etl.simulators import SIMULATORS
from reverse_etl.spec import Sync


@contextmanager
def simulated(sync: Sync, context: SyncContext) -> Iterator[tuple[Sync, SyncContext]]:
    """The sync pointed at a simulator of its destination, and the context with a state folder that is thrown away.

    Raises:
        SyncError: Nothing simulates the destination.
    """
    simulator = SIMULATORS.get(sync.destination)
    if simulator is None:
        raise sync.wrong(
            "destination",
            f"nothing simulates {sync.destination}",
            f"--simulate knows {', '.join(SIMULATORS)}",
        )
    with simulator() as running, TemporaryDirectory(prefix="perennial-simulated-") as name:
        state_dir = Path(name)
        if (erasures := context.state_dir / "erasures").exists():
            shutil.copytree(erasures, state_dir / "erasures")
        stand_in = replace(sync, connection=running.connection(sync), status="active")
        yield stand_in, replace(context, state_dir=state_dir)
