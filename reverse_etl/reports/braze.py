"""Braze's Currents events as JSON: `event_type` such as users.messages.email.Open, `id`, `time`, and who it was.

The custom HTTP connector nests them under `user` and `properties`; other exports write all in one object.
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

_CHANNELS = {
    "email": "email",
    "sms": "sms",
    "pushnotification": "push",
    "whatsapp": "whatsapp",
    "webhook": "webhook",
}
_EVENTS: dict[str, Event] = {
    "Send": "sent",
    "Delivery": "delivered",
    "Open": "opened",
    "Read": "opened",
    "Click": "clicked",
    "ShortLinkClick": "clicked",
    "Bounce": "bounced_hard",
    "SoftBounce": "bounced_soft",
    "DeliveryFailure": "bounced_soft",
    "Rejection": "bounced_soft",
    "Failure": "bounced_soft",
    "MarkAsSpam": "complained",
    "Unsubscribe": "unsubscribed",
}
_STATE_CHANGE = "users.behaviors.subscription.GlobalStateChange"


def parse(entry: Mapping[str, Any]) -> Iterator[Report | Unplaced]:
    """One event."""
    said = {**entry, **(entry.get("properties") or {}), **(entry.get("user") or {})}
    kind = _kind(said)
    event_id = text(entry.get("id"))
    if kind is None or event_id is None:
        yield NOT_KEPT if kind is None else NO_ID
        return
    channel, event = kind
    machine = "is_suspected_bot_click" if event == "clicked" else "machine_open"
    yield Report(
        event_id=event_id,
        event=event,
        channel=channel,
        occurred_at=from_seconds(entry["time"]),
        message_id=first(said, "dispatch_id", "send_id"),
        campaign_id=first(said, "campaign_id", "canvas_id"),
        is_machine=flag(said, machine) if event in ("opened", "clicked") else None,
        url=without_person(text(said.get("url"))),
        external_id=text(said.get("external_user_id")),
        email=text(said.get("email_address")),
        phone=first(said, "to_phone_number", "phone_number"),
    )


def _kind(said: Mapping[str, Any]) -> tuple[str, Event] | None:
    name = str(said.get("event_type"))
    if name == _STATE_CHANGE:
        channel = _CHANNELS.get(
            str(said.get("channel")).lower().replace("push", "pushnotification")
        )
        is_out = str(said.get("subscription_status")).lower() == "unsubscribed"
        return (channel, "unsubscribed") if channel and is_out else None
    parts = name.split(".")
    if len(parts) != 4 or parts[:2] != ["users", "messages"]:
        return None
    channel, event = _CHANNELS.get(parts[2]), _EVENTS.get(parts[3])
    if event == "bounced_hard" and channel != "email":
        event = "bounced_soft"  # a device that is gone is no dead address
    return (channel, event) if channel and event else None
