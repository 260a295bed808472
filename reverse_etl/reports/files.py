"""Event-webhook files dropped into a folder: JSON arrays, objects, or one object a line, in subfolders too.

All files are read each time, since a webhook's file may come late; what was read before is known by its id.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from audiences.errors import WorkError
from reverse_etl.reports import braze, customerio, sendgrid
from reverse_etl.reports.report import NOT_UNDERSTOOD, Report, Unplaced

Parse = Callable[[Mapping[str, Any]], Iterator[Report | Unplaced]]
PARSERS: dict[str, Parse] = {
    "sendgrid": sendgrid.parse,
    "customerio": customerio.parse,
    "braze": braze.parse,
}
SUFFIXES = (".json", ".jsonl", ".ndjson")


def read_folder(folder: Path, parse: Parse) -> Iterator[Report | Unplaced]:
    """Everything the files of a folder tell.

    Raises:
        WorkError: There is no such folder.
    """
    if not folder.is_dir():
        raise WorkError(
            f"there is no folder {folder.name} of reports", "make it, or mend connection.reports"
        )
    for path in sorted(folder.rglob("*")):
        if path.suffix in SUFFIXES and path.is_file() and not path.name.startswith("."):
            yield from _read(path, parse)


def _read(path: Path, parse: Parse) -> Iterator[Report | Unplaced]:
    try:
        content = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        yield Unplaced("in a file that cannot be read")
        return
    for document in _documents(content):
        for entry in _entries(document):
            yield from understood(parse, entry)


def understood(parse: Parse, entry: Any) -> Iterator[Report | Unplaced]:
    """What a parser says of an entry; one it stumbles over is not understood."""
    try:
        yield from list(parse(entry))
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
        yield NOT_UNDERSTOOD


def _documents(content: str) -> Iterator[Any]:
    try:
        yield json.loads(content)
    except ValueError:
        for line in content.split("\n"):
            if line.strip():
                yield _document(line)


def _document(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None  # not understood


def _entries(document: Any) -> list[Any]:
    """The events of a webhook's body: a list, an object that holds one, or one event."""
    if isinstance(document, dict) and isinstance(document.get("events"), list):
        document = document["events"]
    return document if isinstance(document, list) else [document]
