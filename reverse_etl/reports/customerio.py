"""Customer.io's reporting webhooks: one JSON object an event, with `event_id`, `object_type` and `metric`.

Somebody who unsubscribes from everything is an event of the customer: it counts for every channel.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
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

_CHANNELS = ("email", "sms", "push", "whatsapp", "webhook")
_OF_A_PERSON = ("email", "sms", "push", "whatsapp")
_EVENTS: dict[str, Event] = {
    "sent": "sent",
    "delivered": "delivered",
    "opened": "opened",
    "clicked": "clicked",
    "bounced": "bounced_hard",
    "spammed": "complained",
    "unsubscribed": "unsubscribed",
}


def parse(entry: Mapping[str, Any]) -> Iterator[Report | Unplaced]:
    """One event."""
    channel, event = str(entry.get("object_type")), _EVENTS.get(str(entry.get("metric")))
    is_kept = channel in _CHANNELS or (channel == "customer" and event == "unsubscribed")
    event_id = text(entry.get("event_id"))
    if event is None or not is_kept or event_id is None:
        yield NO_ID if event and is_kept else NOT_KEPT
        return
    if event == "bounced_hard" and channel != "email":
        event = "bounced_soft"  # a telephone that is off is no dead address
    data = entry.get("data") or {}
    known = data.get("identifiers") or {}
    address = first(known, "email") or first(data, "email_address")
    recipient = text(data.get("recipient"))
    report = Report(
        event_id=event_id,
        event=event,
        channel=channel,
        occurred_at=from_seconds(entry["timestamp"]),
        message_id=text(data.get("delivery_id")),
        campaign_id=first(data, "campaign_id", "broadcast_id", "newsletter_id"),
        is_machine=flag(data, "machine", "prefetched") if event in ("opened", "clicked") else None,
        url=without_person(first(data, "href", "url")),
        external_id=first(known, "id") or first(data, "customer_id"),
        email=recipient if channel == "email" and recipient else address,
        phone=recipient if channel in ("sms", "whatsapp") else None,
    )
    if channel != "customer":
        yield report
        return
    for one in _OF_A_PERSON:
        yield replace(report, event_id=f"{event_id}/{one}", channel=one)
