"""Files: CSV or Parquet under a folder. A snapshot replaces one file, other modes add one file a run.

A file appears by one rename under a name that follows from the run, so a repeat writes the same file again.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Self

import duckdb

from audiences.unfinished import beside
from reverse_etl.context import SyncContext
from reverse_etl.destinations.base import Answer, Batch, Destination, Recovery
from reverse_etl.errors import DestinationClosed
from reverse_etl.payload import identifier, literal
from reverse_etl.spec import Scalar, Sync

_FORMATS = {"csv": "(format csv, header)", "parquet": "(format parquet)"}


class FileDestination(Destination):
    """CSV and Parquet files on a local disk."""

    name = "file"
    modes = ("upsert", "insert", "update", "mirror", "snapshot")
    settings: ClassVar[Mapping[str, bool]] = {"path": True, "format": False, "base_url": False}
    whole_run = True
    is_file = True

    def __init__(self, folder: Path, sync: Sync, context: SyncContext) -> None:
        self._folder, self._sync, self._context = folder, sync, context
        self._format = _format(sync)

    @classmethod
    def open(cls, sync: Sync, connection: Mapping[str, Scalar], context: SyncContext) -> Self:
        """Find the folder; a relative path starts at the repository root."""
        return cls((context.root / str(connection["path"])).resolve(), sync, context)

    @classmethod
    def check(cls, sync: Sync) -> None:
        """Check format, path and field names."""
        if _format(sync) not in _FORMATS:
            raise sync.wrong(
                "connection.format", f"is '{_format(sync)}'", f"choose one of {', '.join(_FORMATS)}"
            )
        if not isinstance(sync.connection["path"], str) or not sync.connection["path"].strip():
            raise sync.wrong("connection.path", "is no path", "write a folder")
        names = [field.name.lower() for field in sync.mapping]
        if sync.mode != "snapshot" and "operation" in names:
            raise sync.wrong(
                "mapping.operation", "is the file's own first column", "rename the field"
            )
        for name in names:
            if names.count(name) > 1:
                raise sync.wrong(
                    f"mapping.{name}", "differs from another only in case", "rename one"
                )

    @classmethod
    def target(cls, sync: Sync) -> str:
        """A folder and format; a snapshot holds other things than files of changes."""
        kind = "snapshot" if sync.mode == "snapshot" else "changes"
        return f"file|{sync.connection['path']}|{_format(sync)}|{kind}"

    def send(self, batch: Batch) -> Answer:
        """Write the file of the run, or replace the snapshot."""
        target = self._target(batch)
        unfinished = beside(target)
        _clear(target)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            self._write(batch, unfinished)
            self._context.on_step("file written")
            os.replace(unfinished, target)
        except (OSError, duckdb.IOException) as error:
            reason = error.strerror if isinstance(error, OSError) else "the file cannot be written"
            raise DestinationClosed(f"{target.name}: {reason}") from None
        return Answer(batch.rows)

    def recover(self, batch: Batch) -> Recovery:
        """A file of changes is there or not; what a snapshot holds cannot be told from outside."""
        if self._sync.mode == "snapshot":
            return "unknown"
        target = self._target(batch)
        _clear(target)
        return "accepted" if target.exists() else "unsent"

    def _target(self, batch: Batch) -> Path:
        if self._sync.mode == "snapshot":
            return self._folder / f"{batch.sync}.{self._format}"
        return self._folder / batch.sync / f"{batch.run_id}.{self._format}"

    def _write(self, batch: Batch, path: Path) -> None:
        names = [field.name for field in batch.fields]
        columns = names if self._sync.mode == "snapshot" else ["operation", *names]
        with duckdb.connect() as connection:
            connection.register("batch", batch.table())
            connection.execute(
                f"copy (select {', '.join(map(identifier, columns))} from batch) "
                f"to {literal(str(path))} {_FORMATS[self._format]}"
            )


def _clear(target: Path) -> None:
    """Delete what a run of the sync that was killed left; only one runs at a time."""
    for left in target.parent.glob(f".{target.name}.*.unfinished"):
        left.unlink()


def _format(sync: Sync) -> str:
    return str(sync.connection.get("format", "csv"))
