"""Processes that apply a sync and kill themselves at a step, with no chance to tidy up."""

import itertools
import multiprocessing
import os
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

from reverse_etl.context import SyncContext
from reverse_etl.loader import load_sync
from reverse_etl.sync import apply_sync
from tests.reverse_etl.conftest import AS_OF

# Forked from a process that has imported everything and opened nothing: to start anew takes longer than a delivery.
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload([__name__])
_PATIENCE = 120  # seconds
_CAME = "came"  # a file that says that a process came to its step


@dataclass(frozen=True)
class Step:
    """A step of a run when it is heard for the n-th time."""

    name: str
    count: int = 1


def steps_of(heard: list[str]) -> list[Step]:
    """The steps of a run as they were heard."""
    return [Step(name, heard[: place + 1].count(name)) for place, name in enumerate(heard)]


def kill_at(step: Step, root: Path, file: Path, environment: Mapping[str, str]) -> bool:
    """Apply a sync file in a process of its own that dies at the step.

    Returns:
        Whether it came to the step.
    """
    process = _start(step, root, file, environment, signal.SIGKILL)
    process.join(_PATIENCE)
    assert process.exitcode in (0, -signal.SIGKILL), process.exitcode
    return process.exitcode != 0


@contextmanager
def stopped_at(
    step: Step, root: Path, file: Path, environment: Mapping[str, str]
) -> Iterator[None]:
    """While a process of its own that applies a sync file stands still at the step, and dies there."""
    process = _start(step, root, file, environment, signal.SIGSTOP)
    try:
        for _ in range(_PATIENCE * 20):
            if (root / _CAME).exists():
                break
            time.sleep(0.05)
        assert (root / _CAME).exists()
        yield
    finally:
        process.kill()
        process.join()


def _start(
    step: Step, root: Path, file: Path, environment: Mapping[str, str], end: signal.Signals
) -> BaseProcess:
    arguments = (step, root, file, dict(environment), end)
    process = _PROCESSES.Process(target=_apply, args=arguments)
    process.start()
    return process


def _apply(
    step: Step, root: Path, file: Path, environment: dict[str, str], end: signal.Signals
) -> None:
    heard = itertools.count(1)

    def on_step(name: str) -> None:
        if name == step.name and next(heard) == step.count:
            (root / _CAME).touch()
            os.kill(os.getpid(), end)

    context = SyncContext(
        *(root, root / "warehouse.duckdb", root / "state", AS_OF, environment),
        sleep=lambda _seconds: None,
        on_step=on_step,
    )
    apply_sync(load_sync(file), context)
