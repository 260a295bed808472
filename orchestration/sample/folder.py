"""The folder a sample is written to: never somebody else's raw tables, never a half-written shop."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from audiences.errors import InputError
from audiences.unfinished import beside, is_running
from orchestration.border.contract import load_contract
from orchestration.sample.writer import TRUTH

MARKER = Path(TRUTH) / "sample.json"


@contextmanager
def replaced(target: Path) -> Iterator[Path]:
    """An empty folder beside the target that takes its place when the block ends well, and vanishes when it does not.

    What else lies in the target (no raw table) is kept.

    Args:
        target: The folder to write; it may hold a sample, nothing that looks like other raw tables.

    Raises:
        InputError: The target is a file or holds raw tables that no sample wrote.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    _mend(target)
    refuse_foreign_tables(target)
    unfinished = beside(target)
    unfinished.mkdir()
    try:
        yield unfinished
        shutil.rmtree(unfinished / ".spill", ignore_errors=True)
        _swap(unfinished, target)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def write_marker(folder: Path, arguments: dict[str, object], rows: dict[str, int]) -> None:
    """Note in the folder that a sample wrote it, with which arguments, and which files."""
    document = {"arguments": arguments, "rows": rows, "files": _files(folder)}
    (folder / MARKER).write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def refuse_foreign_tables(target: Path) -> None:
    """Raise an InputError when the target holds raw tables that no sample wrote."""
    if target.exists() and not target.is_dir():
        raise InputError(f"{target} is a file", "give --out a folder")
    marker = target / MARKER
    own = json.loads(marker.read_text(encoding="utf-8"))["files"] if marker.exists() else {}
    foreign = sorted(name for name, size in _files(target).items() if own.get(name) != size)
    if foreign:
        raise InputError(
            f"{target} holds raw tables that the sample did not write, such as {foreign[0]}",
            "give --out another folder, or move those tables away",
        )


def _files(folder: Path) -> dict[str, int]:
    """Size of every file of a raw table, by its name in the folder."""
    found: dict[str, int] = {}
    for table in load_contract():
        candidates = [folder / f"{table.name}.parquet", folder / f"{table.name}.csv"]
        candidates += sorted((folder / table.name).glob("*"))
        found |= {str(p.relative_to(folder)): p.stat().st_size for p in candidates if p.is_file()}
    return found


def _swap(unfinished: Path, target: Path) -> None:
    old = target.parent / f".{target.name}.{os.getpid()}.old"
    if target.exists():
        target.rename(old)
    unfinished.rename(target)
    if old.exists():
        _retire(old, target)


def _retire(old: Path, target: Path) -> None:
    """Remove an older sample, after what else lay beside it has moved to the new one."""
    tables = {Path(name).parts[0] for name in _files(old)} | {TRUTH}
    for entry in old.iterdir():
        if entry.name not in tables:
            entry.rename(target / entry.name)
    shutil.rmtree(old)


def _mend(target: Path) -> None:
    """Finish or undo what runs that were killed left behind."""
    for left in sorted(target.parent.glob(f".{target.name}.*.*")):
        _, process, kind = left.name.rsplit(".", 2)
        if kind not in {"old", "unfinished"} or not process.isdigit() or is_running(int(process)):
            continue
        if kind == "unfinished":
            shutil.rmtree(left)
        elif target.exists():
            _retire(left, target)
        else:
            left.rename(target)
