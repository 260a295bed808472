"""What a sync run is given from outside: places, day, secrets, clock. Nothing here reads the environment."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path


@dataclass(frozen=True)
class Retry:
    """How long a request that may do better later is tried again."""

    attempts: int = 6
    first_wait: float = 0.5
    longest_wait: float = 60
    budget: float = 300  # seconds of waiting in one run


@dataclass(frozen=True)
class SyncContext:
    """Where things are and what may be asked of the outside world.

    `on_step` hears the name of each step that survives a crash, `on_progress` the rows done and planned.
    """

    root: Path
    warehouse: Path
    state_dir: Path
    as_of: date
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    retry: Retry = field(default_factory=Retry)
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    sleep: Callable[[float], None] = time.sleep
    on_step: Callable[[str], None] = lambda _step: None
    on_progress: Callable[[int, int], None] = lambda _done, _planned: None

    def now(self) -> datetime:
        """The instant for the ledger, UTC without a zone as DuckDB keeps it."""
        return self.clock().astimezone(UTC).replace(tzinfo=None)
