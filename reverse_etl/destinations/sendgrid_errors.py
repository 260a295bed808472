"""How SendGrid says no: answers 4xx, and the file of what an import could not do."""

import csv
import gzip
import io
import json
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import httpx

from reverse_etl.context import SyncContext
from reverse_etl.errors import BatchRefused, DeliveryProblem, DestinationClosed, JobLost, TryLater
from reverse_etl.http import Http

NO_REASON = "not imported, no reason given"
_GZIP = b"\x1f\x8b"
_CONTACT = re.compile(r"contacts?\W+(\d+)")
_WHY = re.compile("error|message|reason", re.IGNORECASE)


class NobodyFound(Exception):  # noqa: N818 - an answer, not an error
    """A look-up found none of those it was asked for, which SendGrid says with a 404."""


def refusal(context: SyncContext) -> Callable[[httpx.Response], Exception | None]:
    """What an answer 4xx means; None where its status says it all."""

    def meaning(response: httpx.Response) -> Exception | None:
        status, headers = response.status_code, response.headers
        reset = headers.get("x-ratelimit-reset", "")
        if status == 429 and reset.isdigit() and "retry-after" not in headers:
            return TryLater("HTTP 429", max(0.0, int(reset) - context.clock().timestamp()))
        path = response.request.url.path
        if status == 404 and "/imports/" in path:
            return JobLost("the import is not known any more")
        try:
            said = json.loads(response.content)
            if status == 404 and isinstance(said, dict):
                return _not_found(path)
            return _bad_request(said["errors"]) if status == 400 else None
        except (ValueError, KeyError, TypeError, IndexError, AttributeError):
            return None

    return meaning


def _not_found(path: str) -> Exception | None:
    """What is not there, by what was asked for; contacts may go while they are taken off a list."""
    if "/search/" in path:
        return NobodyFound()
    return TryLater("contacts or their list are not there") if "/lists/" in path else None


def _bad_request(errors: Sequence[Any]) -> Exception:
    words = str(errors[0]["message"])
    if any(str(error.get("field")).startswith("list_ids") for error in errors):
        return DestinationClosed(words)
    pointed = {
        int(found[1]): str(error["message"])
        for error in errors
        if (found := _CONTACT.search(str(error.get("field") or "")))
    }
    return BatchRefused(words, pointed)


def import_errors(context: SyncContext, url: str, key_field: str) -> dict[str, str]:
    """Why an import could not do some contacts, by their key, as far as its file tells.

    How the file is written is not documented: as CSV with a column of keys it is understood, else nothing is known.

    Args:
        context: Clock.
        url: Where the file is, for a short time and with the permission in it; empty for none.
        key_field: What contacts are known by.
    """
    rows = list(csv.DictReader(io.StringIO(_content(context, url))))
    return {row[key_field]: _words(row) for row in rows if row.get(key_field)}


def _content(context: SyncContext, url: str) -> str:
    """The file as text, empty when it cannot be had; the address bears its own permission and gets none of ours."""
    if not url.startswith(("http://", "https://")):
        return ""
    http = Http(context, url)
    try:
        content = http.request("GET").content
    except DeliveryProblem:
        return ""
    finally:
        http.close()
    try:
        return (gzip.decompress(content) if content.startswith(_GZIP) else content).decode()
    except (OSError, EOFError, zlib.error, UnicodeDecodeError):
        return ""


def _words(row: Mapping[str, Any]) -> str:
    """What a line says of why, by the name of its column."""
    said = [str(value) for name, value in row.items() if _WHY.search(name or "") and value]
    return "; ".join(said) or NO_REASON
