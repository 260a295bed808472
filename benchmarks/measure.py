"""Whole processes measured by the operating system's own accounting."""

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from audiences.errors import WorkError


@dataclass(frozen=True)
class Measured:
    """What one process took: wall and CPU time in seconds, peak resident memory in bytes."""

    wall: float
    cpu: float
    peak: int


def measure(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Measured:
    """Run a command to its end, its output discarded but for errors.

    Raises:
        WorkError: The command failed.
    """
    started = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, env=dict(environment), stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise WorkError(
            f"{Path(command[0]).name} {command[1]} ended with {process.returncode}",
            "run it by hand to see what it says",
        )
    return Measured(
        wall=time.perf_counter() - started,
        cpu=usage.ru_utime + usage.ru_stime,
        peak=usage.ru_maxrss * 1024,
    )
