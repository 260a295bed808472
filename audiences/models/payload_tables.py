"""What the definitions set of payloads and send windows, as generated tables."""

from collections.abc import Iterable, Iterator, Sequence

from audiences.language.payload import ArmPayload, Payload
from audiences.language.send_window import CALENDAR, DAYS, PROFILE
from audiences.models.tables import TEXT, Table, Value, table_files
from audiences.spec import Definition


def payload_files(definitions: Sequence[Definition]) -> dict[str, str]:
    """The generated tables of payloads, as file name -> text."""
    return table_files([_payloads(definitions), _send_windows(definitions)])


def _payloads(definitions: Iterable[Definition]) -> Table:
    return Table(
        name="audience_payloads",
        description="One row an audience with a payload, and one an arm of it: what is sent and offered.",
        columns=[
            ("audience", TEXT, "The audience."),
            ("arm", TEXT, "The arm; empty for who is in none."),
            ("content_key", TEXT, "What is sent, from the content catalogue; empty for none."),
            ("locale_fallback", TEXT, "Language for who none of their own is approved."),
            ("offer_id", TEXT, "What is offered; empty for nothing."),
        ],
        rows=[row for one in definitions for row in _payload_rows(one)],
        key=["audience", "arm"],
        not_null=["audience"],
    )


def _payload_rows(one: Definition) -> Iterator[tuple[Value, ...]]:
    arms = one.experiment.arms if one.experiment else {}
    if one.payload is None and not any(arm.payload for arm in arms.values()):
        return
    payload = one.payload or Payload()
    yield one.audience, None, payload.content, payload.locale_fallback, payload.offer
    for name, arm in arms.items():
        own = arm.payload or ArmPayload()
        offer = payload.offer if own.offer_id is None else own.offer_id
        yield (
            one.audience,
            name,
            own.content or payload.content,
            payload.locale_fallback,
            None if offer == "none" else offer,
        )


def _send_windows(definitions: Iterable[Definition]) -> Table:
    return Table(
        name="audience_send_windows",
        description="One row an audience that contacts people: when it may, in their local time.",
        columns=[
            ("audience", TEXT, "The audience."),
            ("send_window", TEXT, "The window in words; audiences with the same share it."),
            ("weekdays", TEXT, "Numbers of the days, 1 for Monday to 7 for Sunday."),
            ("opens_minute", "bigint", "Minutes after local midnight at which it opens."),
            ("closes_minute", "bigint", "Minutes after local midnight at which it closes."),
            ("asks_profile", "boolean", "Whether the person's own time zone is asked for first."),
            ("fixed_zone", TEXT, "The last zone; empty for that of the person's market."),
            ("skips_past", "boolean", "Whether who is past the window of the day is left out."),
            ("has_quiet_days", "boolean", "Whether nothing is sent on the market's quiet days."),
        ],
        rows=[
            (
                one.audience,
                window.key,
                "".join(str(DAYS.index(day) + 1) for day in DAYS if day in window.days),
                *window.local.minutes,
                PROFILE in window.zone,
                window.fixed_zone,
                window.if_past == "skip",
                window.quiet_calendar == CALENDAR,
            )
            for one in definitions
            if one.contact and (window := one.contact.send_window)
        ],
        key=["audience"],
    )
