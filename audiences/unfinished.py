"""Files that appear whole: written beside their place, then renamed. What a process that was killed left is swept."""

import os
import shutil
from pathlib import Path


def beside(target: Path) -> Path:
    """Where to write a file that then takes its place by one rename."""
    return target.with_name(f".{target.name}.{os.getpid()}.unfinished")


def sweep(folder: Path) -> None:
    """Delete what processes that are gone began to write in a folder or below it.

    Call it before this process writes there: what bears its own number is of an earlier one, as in containers.
    """
    for left in sorted(folder.rglob(".*.unfinished*")):
        process = left.name.partition(".unfinished")[0].rpartition(".")[2]
        if process.isdigit() and int(process) != os.getpid() and is_running(int(process)):
            continue
        if left.is_dir():
            shutil.rmtree(left)
        else:
            left.unlink(missing_ok=True)


def is_running(process: int) -> bool:
    """Whether there is a process of this number."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
