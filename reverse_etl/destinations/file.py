"""Files: CSV or Parquet in a folder, a bucket (`s3://…`) or on a server (`sftp://…`).

A snapshot replaces one file, other modes add one file a run. A file appears whole under a name that follows from the
run, so a repeat writes the same file again. Away from this machine a manifest follows it, `<file>.manifest.json` with
the number of rows and the SHA-256: a reader that waits for it, and compares, never takes half a file.

What it cannot do: know what readers made of a file, and take back files that were read. It deletes nothing it has put.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Self

import duckdb

from audiences.tools.export import harmless
from reverse_etl.context import SyncContext
from reverse_etl.destinations.base import Answer, Batch, Destination, Recovery
from reverse_etl.errors import DestinationClosed, TryLater
from reverse_etl.folders import Folder, open_folder
from reverse_etl.payload import OutputField, identifier, literal
from reverse_etl.spec import Scalar, Sync

_FORMATS = {"csv": "(format csv, header)", "parquet": "(format parquet)"}


class FileDestination(Destination):
    """CSV and Parquet files."""

    name = "file"
    modes = ("upsert", "insert", "update", "mirror", "snapshot")
    settings: ClassVar[Mapping[str, bool]] = {
        "path": True,
        "format": False,
        "guard_formulas": False,
        "base_url": False,
        "region": False,
        "access_key_id": False,
        "secret_access_key": False,
        "host_key": False,
        "private_key": False,
        "password": False,
    }
    whole_run = True
    is_file = True

    def __init__(self, folder: Folder, sync: Sync, context: SyncContext) -> None:
        self._folder, self._sync, self._context = folder, sync, context
        self._format = _format(sync)

    @classmethod
    def open(cls, sync: Sync, connection: Mapping[str, Scalar], context: SyncContext) -> Self:
        """Find the folder."""
        return cls(open_folder(sync, connection, context), sync, context)

    @classmethod
    def check(cls, sync: Sync) -> None:
        """Check format, path and field names."""
        if _format(sync) not in _FORMATS:
            raise sync.wrong(
                "connection.format", f"is '{_format(sync)}'", f"choose one of {', '.join(_FORMATS)}"
            )
        if not isinstance(sync.connection["path"], str) or not sync.connection["path"].strip():
            raise sync.wrong("connection.path", "is no path", "write a folder")
        if not isinstance(sync.connection.get("guard_formulas", False), bool):
            raise sync.wrong("connection.guard_formulas", "is no boolean", "write true or false")
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
        return f"file|{_place(sync)}|{_format(sync)}|{kind}"

    def account(self) -> str:
        """One place: another one is not held up while this one is away."""
        return f"file|{_place(self._sync)}"

    def send(self, batch: Batch) -> Answer:
        """Write the file of the run, or replace the snapshot."""
        name = self._name(batch)
        try:
            unfinished = self._folder.unfinished(name)
            rows = self._write(batch, unfinished)
            manifest = self._manifest(batch, rows, unfinished) if self._folder.has_manifests else ""
            self._context.on_step("file written")
            self._folder.put(unfinished, name)
            if manifest:
                self._context.on_step("file put")
                unfinished = self._folder.unfinished(f"{name}.manifest.json")
                unfinished.write_text(manifest, encoding="utf-8")
                self._folder.put(unfinished, f"{name}.manifest.json")
        except self._folder.closed as error:
            raise DestinationClosed(f"{name}: {_words(error)}") from None
        except self._folder.later as error:
            raise TryLater(f"{name}: {_words(error)}") from None
        except duckdb.IOException:
            raise DestinationClosed(f"{name}: the file cannot be written") from None
        return Answer(batch.rows)

    def recover(self, batch: Batch) -> Recovery:
        """A local file of changes is there or not; elsewhere it is put again, which changes nothing if it is there.

        What a snapshot holds cannot be told from outside.
        """
        if self._sync.mode == "snapshot":
            return "unknown"
        there = self._folder.has(self._name(batch))
        if there is None:
            return "resend"
        return "accepted" if there else "unsent"

    def close(self) -> None:
        """Let go of connections."""
        self._folder.close()

    def _name(self, batch: Batch) -> str:
        if self._sync.mode == "snapshot":
            return f"{batch.sync}.{self._format}"
        return f"{batch.sync}/{batch.run_id}.{self._format}"

    def _write(self, batch: Batch, path: Path) -> int:
        """Write the rows; how many they are."""
        columns = [self._column(field) for field in batch.fields]
        if self._sync.mode != "snapshot":
            columns.insert(0, "operation")
        with duckdb.connect() as connection:
            connection.register("batch", batch.table())
            written = connection.execute(
                f"copy (select {', '.join(columns)} from batch) "
                f"to {literal(str(path))} {_FORMATS[self._format]}"
            ).fetchone()
        return int(written[0]) if written else 0

    def _column(self, field: OutputField) -> str:
        is_guarded = self._sync.connection.get("guard_formulas", False) and self._format == "csv"
        return (
            harmless(field.name)
            if is_guarded and field.type == "VARCHAR"
            else identifier(field.name)
        )

    def _manifest(self, batch: Batch, rows: int, path: Path) -> str:
        """What the file holds; the same text for the same file."""
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        said = {
            "file": self._name(batch).rsplit("/", maxsplit=1)[-1],
            "sync": batch.sync,
            "audience": batch.audience,
            "run_id": batch.run_id,
            "mode": self._sync.mode,
            "rows": rows,
            "bytes": path.stat().st_size,
            "sha256": digest,
        }
        return json.dumps(said, indent=2) + "\n"


def _place(sync: Sync) -> str:
    return f"{sync.connection.get('base_url', '')}{sync.connection['path']}"


def _format(sync: Sync) -> str:
    return str(sync.connection.get("format", "csv"))


def _words(error: Exception) -> str:
    """What the place says, without our paths."""
    return str(getattr(error, "strerror", None) or error) or type(error).__name__
