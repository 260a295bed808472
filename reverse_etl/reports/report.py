"""What a vendor's parser gives: a report, or why an entry is none; and what the parsers share."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

Event = Literal[
    "sent",
    "delivered",
    "opened",
    "clicked",
    "bounced_hard",
    "bounced_soft",
    "unsubscribed",
    "complained",
]
REFUSALS: tuple[Event, ...] = ("bounced_hard", "unsubscribed", "complained")
_EPOCH = datetime(1970, 1, 1)


@dataclass(frozen=True)
class Report:
    """One thing that happened to a message, in the words of the raw contract, and who it was in the vendor's.

    Attributes:
        event_id: The vendor's id of it, the same whenever it is told.
        occurred_at: UTC without a zone.
        message_id: The vendor's id of the message; what happens outside of one has none.
        is_machine: Whether a machine opened or clicked; None where the vendor does not say.
        external_id: The id under which the vendor was told of the person.
    """

    event_id: str
    event: Event
    channel: str
    occurred_at: datetime
    message_id: str | None = None
    campaign_id: str | None = None
    is_machine: bool | None = None
    url: str | None = field(default=None, repr=False)
    external_id: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Unplaced:
    """An entry that is no row of the table, and why, in words that name nobody."""

    reason: str


NO_ID = Unplaced("without an id")
NOT_KEPT = Unplaced("of a kind that is not kept")
NOT_UNDERSTOOD = Unplaced("not understood")


def text(value: Any) -> str | None:
    """An id as text; nothing where it is blank.

    Raises:
        TypeError: It is a list or an object.
    """
    if value is None or isinstance(value, bool):
        return None
    if not isinstance(value, str | int | float):
        raise TypeError
    return str(value).strip() or None


def first(entry: Mapping[str, Any], *names: str) -> str | None:
    """The first of some values that is there, as text."""
    return next((found for name in names if (found := text(entry.get(name)))), None)


def flag(entry: Mapping[str, Any], *names: str) -> bool | None:
    """Whether any of some flags is set; None where none is said. A vendor may write them as text."""
    said = [str(entry[name]).lower() for name in names if entry.get(name) is not None]
    return any(word in ("true", "1", "yes") for word in said) if said else None


def from_seconds(value: Any) -> datetime:
    """A Unix time as an instant, UTC without a zone.

    Raises:
        ValueError: It is none.
    """
    seconds = float(value)
    if not math.isfinite(seconds) or not 0 < seconds < 253_402_300_800:
        raise ValueError
    return _EPOCH + timedelta(seconds=seconds)


def from_iso(value: str) -> datetime:
    """A written instant, UTC without a zone.

    Raises:
        ValueError: It is none.
    """
    moment = datetime.fromisoformat(value)
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def without_person(url: str | None) -> str | None:
    """A link without what could name who followed it: of its parameters `utm_…` stay, and nothing with an @ does."""
    if not url:
        return None
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host:
        return None
    path = "" if "@" in unquote(parts.path) else parts.path
    kept = [
        (name, value)
        for name, value in parse_qsl(parts.query)
        if name.lower().startswith("utm_") and "@" not in value
    ]
    place = f"{parts.scheme}://{host}" + (f":{port}" if port else "")
    return place + path + (f"?{urlencode(kept)}" if kept else "")
