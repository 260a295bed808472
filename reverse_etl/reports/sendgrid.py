"""SendGrid's event webhook: JSON arrays of events, each with `sg_event_id` and the address it was sent to.

A person is known by the address, or by a custom argument `external_id` that the message carried.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from reverse_etl.reports.report import (
    NO_ID,
    NOT_KEPT,
    Event,
    Report,
    Unplaced,
    first,
    flag,
    from_seconds,
    text,
    without_person,
)

_EVENTS: dict[str, Event] = {
    "processed": "sent",
    "delivered": "delivered",
    "open": "opened",
    "click": "clicked",
    "bounce": "bounced_hard",
    "spamreport": "complained",
    "unsubscribe": "unsubscribed",
    "group_unsubscribe": "unsubscribed",
}


def parse(entry: Mapping[str, Any]) -> Iterator[Report | Unplaced]:
    """One event."""
    event = _EVENTS.get(str(entry.get("event")))
    event_id = text(entry.get("sg_event_id"))
    if event is None or event_id is None:
        yield NOT_KEPT if event is None else NO_ID
        return
    if event == "bounced_hard" and entry.get("type") == "blocked":
        event = "bounced_soft"  # refused for now; SendGrid sends to the address again
    yield Report(
        event_id=event_id,
        event=event,
        channel="email",
        occurred_at=from_seconds(entry["timestamp"]),
        message_id=text(entry.get("sg_message_id")),
        campaign_id=first(entry, "campaign_id", "singlesend_id", "mc_auto_id"),
        is_machine=flag(entry, "sg_machine_open") if event in ("opened", "clicked") else None,
        url=without_person(text(entry.get("url"))),
        external_id=text(entry.get("external_id")),
        email=text(entry.get("email")),
    )
