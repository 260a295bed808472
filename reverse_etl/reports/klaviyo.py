"""Klaviyo's events, metric by metric, each with the profile it is about.

Who received an e-mail was sent it: Klaviyo tells the two as one. A bounce that is not called soft is a hard one.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from reverse_etl.reports.report import (
    NOT_UNDERSTOOD,
    Event,
    Report,
    Unplaced,
    first,
    flag,
    from_iso,
    text,
    without_person,
)

Ask = Callable[[str, Mapping[str, str] | None], Any]
METRICS: dict[str, tuple[str, Event]] = {
    "Received Email": ("email", "delivered"),
    "Opened Email": ("email", "opened"),
    "Clicked Email": ("email", "clicked"),
    "Bounced Email": ("email", "bounced_hard"),
    "Marked Email as Spam": ("email", "complained"),
    "Unsubscribed": ("email", "unsubscribed"),
    "Unsubscribed from Email Marketing": ("email", "unsubscribed"),
    "Sent SMS": ("sms", "sent"),
    "Clicked SMS": ("sms", "clicked"),
    "Failed to Deliver SMS": ("sms", "bounced_soft"),
    "Unsubscribed from SMS Marketing": ("sms", "unsubscribed"),
    "Received Push": ("push", "delivered"),
    "Opened Push": ("push", "opened"),
    "Bounced Push": ("push", "bounced_soft"),
}
_MACHINE: dict[Event, tuple[str, ...]] = {
    "opened": ("machine_open", "Apple Privacy Open"),
    "clicked": ("Bot Click",),
}
PAGE = 200


def read_events(ask: Ask, since: datetime) -> Iterator[Report | Unplaced]:
    """Everything that happened to messages since an instant.

    Args:
        ask: Gets a path with a query, and gives the JSON of the answer.
        since: UTC without a zone.
    """
    named = {"filter": 'equals(integration.name,"Klaviyo")'}
    for page in _pages(ask, "/api/metrics", named):
        for metric in page["data"]:
            kind = METRICS.get(str(metric["attributes"].get("name")))
            if kind is not None:
                yield from _of_metric(ask, metric["id"], kind, since)


def _of_metric(
    ask: Ask, metric_id: str, kind: tuple[str, Event], since: datetime
) -> Iterator[Report | Unplaced]:
    instant = since.replace(tzinfo=UTC).isoformat(timespec="seconds")
    query = {
        "filter": f'equals(metric_id,"{metric_id}"),greater-or-equal(datetime,{instant})',
        "include": "profile",
        "fields[event]": "datetime,event_properties",
        "fields[profile]": "external_id,email,phone_number",
        "page[size]": str(PAGE),
        "sort": "datetime",
    }
    for page in _pages(ask, "/api/events", query):
        profiles = {
            one["id"]: one["attributes"]
            for one in page.get("included") or ()
            if one["type"] == "profile"
        }
        for event in page["data"]:
            try:
                yield from list(_reports(event, profiles, kind))
            except (AttributeError, KeyError, TypeError, ValueError):
                yield NOT_UNDERSTOOD


def _reports(
    event: Mapping[str, Any], profiles: Mapping[str, Any], kind: tuple[str, Event]
) -> Iterator[Report]:
    channel, what = kind
    attributes = event["attributes"]
    said = attributes.get("event_properties") or {}
    profile = profiles[event["relationships"]["profile"]["data"]["id"]]
    if what == "bounced_hard" and "soft" in str(said.get("Bounce Type")).lower():
        what = "bounced_soft"
    report = Report(
        event_id=str(event["id"]),
        event=what,
        channel=channel,
        occurred_at=from_iso(attributes["datetime"]),
        # A flow sends one message to a person again and again: the cohort tells one time from another.
        message_id=first(said, "$_cohort$message_send_cohort", "$message"),
        campaign_id=first(said, "$flow") or _campaign(said),
        is_machine=flag(said, *_MACHINE.get(what, ())),
        url=without_person(text(said.get("URL"))),
        external_id=text(profile.get("external_id")),
        email=text(profile.get("email")),
        phone=text(profile.get("phone_number")),
    )
    yield report
    if what == "delivered":
        yield replace(report, event_id=f"{report.event_id}/sent", event="sent")


def _campaign(said: Mapping[str, Any]) -> str | None:
    """A campaign's id is that of its message; what belongs to neither has none."""
    return first(said, "$message") if "Campaign Name" in said else None


def _pages(ask: Ask, path: str, query: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
    """Page after page, as each names the next."""
    page = ask(path, query)
    while True:
        yield page
        following = (page.get("links") or {}).get("next")
        if following is None:
            return
        page = ask(following, None)
