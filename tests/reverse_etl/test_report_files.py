"""Event-webhook files dropped into a folder: each vendor's words, and what is done with what cannot be read."""

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from reverse_etl.context import SyncContext
from reverse_etl.errors import SyncError
from reverse_etl.reports.files import PARSERS, understood
from reverse_etl.reports.pull import pull_reports
from reverse_etl.reports.report import Report, Unplaced, without_person
from tests.reverse_etl.conftest import WEBHOOK, MakeSync
from tests.reverse_etl.test_reports import NOW, held, nobody, pull

AT = 1774947600  # 2026-03-31 09:00:00
WHEN = datetime(2026, 3, 31, 9)


def read(vendor: str, **entry: Any) -> list[Report | Unplaced]:
    return list(understood(PARSERS[vendor], entry))


def sendgrid(event: str, **more: Any) -> dict[str, Any]:
    told = {"event": event, "sg_event_id": f"S-{event}", "sg_message_id": "M1", "timestamp": AT}
    return told | {"email": "ann@example.com"} | more


def customerio(metric: str, kind: str = "email", **data: Any) -> dict[str, Any]:
    named = {"customer_id": "ann", "identifiers": {"id": "ann"}, "delivery_id": "D1"}
    return {
        "event_id": f"C-{metric}",
        "object_type": kind,
        "metric": metric,
        "timestamp": AT,
        "data": named | {"recipient": "ann@example.com"} | data,
    }


def braze(kind: str, **properties: Any) -> dict[str, Any]:
    return {
        "event_type": f"users.{kind}",
        "id": f"B-{kind}",
        "time": AT,
        "user": {"user_id": "5f", "external_user_id": "ann"},
        "properties": {"dispatch_id": "D1", "campaign_id": "K1"} | properties,
    }


@pytest.mark.parametrize(
    ("vendor", "entry", "channel", "event", "is_machine"),
    [
        ("sendgrid", sendgrid("processed"), "email", "sent", None),
        ("sendgrid", sendgrid("delivered"), "email", "delivered", None),
        ("sendgrid", sendgrid("open", sg_machine_open=True), "email", "opened", True),
        ("sendgrid", sendgrid("open", sg_machine_open="false"), "email", "opened", False),
        ("sendgrid", sendgrid("click"), "email", "clicked", None),
        ("sendgrid", sendgrid("bounce", type="bounce"), "email", "bounced_hard", None),
        ("sendgrid", sendgrid("bounce", type="blocked"), "email", "bounced_soft", None),
        ("sendgrid", sendgrid("group_unsubscribe"), "email", "unsubscribed", None),
        ("sendgrid", sendgrid("spamreport"), "email", "complained", None),
        ("customerio", customerio("sent", "sms"), "sms", "sent", None),
        ("customerio", customerio("opened", machine=True), "email", "opened", True),
        ("customerio", customerio("opened", prefetched=False), "email", "opened", False),
        ("customerio", customerio("bounced"), "email", "bounced_hard", None),
        ("customerio", customerio("bounced", "sms"), "sms", "bounced_soft", None),
        ("customerio", customerio("spammed"), "email", "complained", None),
        ("braze", braze("messages.email.Send"), "email", "sent", None),
        ("braze", braze("messages.email.Open", machine_open="true"), "email", "opened", True),
        ("braze", braze("messages.email.Click"), "email", "clicked", None),
        ("braze", braze("messages.email.SoftBounce"), "email", "bounced_soft", None),
        ("braze", braze("messages.email.MarkAsSpam"), "email", "complained", None),
        ("braze", braze("messages.pushnotification.Bounce"), "push", "bounced_soft", None),
        ("braze", braze("messages.whatsapp.Read"), "whatsapp", "opened", None),
        (
            "braze",
            braze(
                "behaviors.subscription.GlobalStateChange",
                channel="push",
                subscription_status="Unsubscribed",
            ),
            "push",
            "unsubscribed",
            None,
        ),
    ],
)
def test_a_vendors_word_is_one_of_the_contract(
    vendor: str, entry: dict[str, Any], channel: str, event: str, is_machine: bool | None
) -> None:
    [report] = read(vendor, **entry)
    assert isinstance(report, Report)
    assert (report.channel, report.event, report.is_machine) == (channel, event, is_machine)
    assert report.occurred_at == WHEN
    assert "ann" in (report.external_id, str(report.email).partition("@")[0])


def test_who_leaves_customerio_for_good_leaves_every_channel() -> None:
    reports = read("customerio", **customerio("unsubscribed", "customer"))
    assert {one.channel for one in reports} == {"email", "sms", "push", "whatsapp"}  # type: ignore[union-attr]
    assert len({one.event_id for one in reports}) == 4  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("vendor", "entry", "reason"),
    [
        ("sendgrid", sendgrid("deferred"), "of a kind that is not kept"),
        ("sendgrid", sendgrid("open", sg_event_id=None), "without an id"),
        ("sendgrid", sendgrid("open", timestamp="yesterday"), "not understood"),
        ("sendgrid", sendgrid("open", email=["ann@example.com"]), "not understood"),
        ("customerio", customerio("converted"), "of a kind that is not kept"),
        ("customerio", customerio("opened", "in_app"), "of a kind that is not kept"),
        ("customerio", customerio("opened") | {"data": "?"}, "not understood"),
        ("braze", braze("messages.email.Abort"), "of a kind that is not kept"),
        ("braze", braze("behaviors.app.SessionStart"), "of a kind that is not kept"),
        ("braze", braze("messages.email.Open") | {"time": float("inf")}, "not understood"),
        ("braze", braze("messages.email.Open") | {"id": ""}, "without an id"),
    ],
)
def test_what_is_no_report_says_why(vendor: str, entry: dict[str, Any], reason: str) -> None:
    assert read(vendor, **entry) == [Unplaced(reason)]


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        (
            "https://shop.example.com/a/b?utm_campaign=x&email=a%40example.com#me",
            "/a/b?utm_campaign=x",
        ),
        ("https://ann:secret@shop.example.com:8443/", ":8443/"),
        ("https://shop.example.com/u/ann%40example.com/out", ""),
        ("https://shop.example.com/?utm_source=ann@example.com", "/"),
        ("mailto:ann@example.com", None),
        ("https://[oops", None),
        (None, None),
    ],
)
def test_a_link_is_kept_without_who_followed_it(url: str | None, kept: str | None) -> None:
    assert without_person(url) == (None if kept is None else f"https://shop.example.com{kept}")


@pytest.fixture
def told(context: SyncContext) -> SyncContext:
    return replace(context, clock=lambda: NOW)


def test_files_of_every_shape_are_read(
    told: SyncContext, make_sync: MakeSync, tmp_path: Path
) -> None:
    folder = tmp_path / "dropped"
    (folder / "later").mkdir(parents=True)
    (folder / "a.json").write_text(json.dumps([customerio("sent"), customerio("delivered")]))
    lines = [json.dumps(customerio("opened", href="a\u2028b")), "{half", '"text"', ""]
    (folder / "later" / "b.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (folder / "c.json").write_text(json.dumps({"events": [customerio("clicked")]}))
    (folder / "d.json").write_bytes(b"\xff\xfe\x00")
    (folder / "empty.json").touch()
    (folder / ".hidden.json").write_text(json.dumps(customerio("spammed")))
    (folder / "notes.txt").write_text("ann@example.com")
    document = WEBHOOK | {
        "sync": "people_to_customerio",
        "destination": "customerio",
        "connection": {
            "site_id": "${NOT_SET}",
            "api_key": "${NOT_SET}",
            "segment_id": 7,
            "reports": "dropped",
        },
        "mapping": {"id": {"column": "customer_id"}},
    }
    sync = make_sync(document)
    pulled = pull(sync, told)  # a file needs no key
    assert (pulled.read, pulled.new) == (7, 4)
    assert pulled.unplaced == {"in a file that cannot be read": 1, "not understood": 2}
    events = {event for customer_id, _, event in held(told) if customer_id == "ann"}
    assert events == {"sent", "delivered", "opened", "clicked"}
    assert (pull(sync, told).new, pull(sync, told).repeated) == (0, 4)


def test_sendgrid_is_placed_by_address(
    told: SyncContext, make_sync: MakeSync, tmp_path: Path
) -> None:
    (tmp_path / "dropped").mkdir()
    events = [sendgrid("open"), sendgrid("unsubscribe"), sendgrid("open", email="eve@example.com")]
    events[2]["sg_event_id"] = "other"
    (tmp_path / "dropped" / "a.json").write_text(json.dumps(events))
    document = WEBHOOK | {
        "sync": "people_to_sendgrid",
        "destination": "sendgrid",
        "connection": {"api_key": "${KEY}", "list_id": "1", "reports": "dropped"},
        "mapping": {"email": {"column": "email"}},
        "key": "email",
    }
    pulled = pull(make_sync(document), told, ann=["c1"])
    assert pulled.unplaced == {"of somebody who is not known": 1}
    assert held(told) == [("c1", "email", "opened"), ("c1", "email", "unsubscribed")]


def test_a_folder_that_is_not_there_is_said(told: SyncContext, make_sync: MakeSync) -> None:
    document = WEBHOOK | {
        "sync": "people_to_braze",
        "destination": "braze",
        "connection": {
            "api_key": "${KEY}",
            "base_url": "https://b.example.com",
            "reports": "nowhere",
        },
        "mapping": {"external_id": {"column": "customer_id"}},
        "mode": "upsert",
        "on_exit": "keep",
    }
    [pulled] = pull_reports([make_sync(document)], told, nobody)
    assert pulled.problem == "there is no folder nowhere of reports"


def test_a_destination_that_reports_nothing_has_no_such_setting(make_sync: MakeSync) -> None:
    with pytest.raises(SyncError, match=r"connection\.reports: is no setting"):
        make_sync(connection=WEBHOOK["connection"] | {"reports": "dropped"})  # type: ignore[operator]
