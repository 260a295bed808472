"""When the people of an audience may be written to, in their own local time."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from audiences.language.blocks import Block, broken, nearest

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
PROFILE = "profile.timezone"
MARKET = "market.default_timezone"
IF_PAST = ("next_window", "skip")
CALENDAR = "holidays_by_country"


def _check_day(value: str) -> str:
    if value not in DAYS:
        raise broken("AUD111", "is not a day of the week", f"use {', '.join(DAYS)}")
    return value


def _check_time(value: Any) -> Any:
    if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00", str(value)):
        raise broken("AUD111", "is not a time of the day", "write it as 09:00")
    return value


def _check_if_past(value: Any) -> Any:
    if value not in IF_PAST:
        rule = "would send outside of the window" if value == "now" else "is not known"
        raise broken("AUD111", rule, f"use {' or '.join(IF_PAST)}")
    return value


def _check_calendar(value: Any) -> Any:
    if value != CALENDAR:
        raise broken("AUD110", "is not a calendar", nearest(str(value), [CALENDAR]))
    return value


Time = Annotated[str, BeforeValidator(_check_time)]


class Local(Block):
    """From a time of the day to another, the end not included."""

    from_: Time = Field(default="09:00", alias="from")
    to: Time = "20:00"

    @model_validator(mode="after")
    def _check_order(self) -> "Local":
        if self.from_ >= self.to:
            fix = "let it begin before it ends; a window does not go past midnight"
            raise broken("AUD111", "the window is empty", fix, "to")
        return self

    @property
    def minutes(self) -> tuple[int, int]:
        """Both ends as minutes after midnight."""
        begin, end = (int(time[:2]) * 60 + int(time[3:]) for time in (self.from_, self.to))
        return begin, end


class SendWindow(Block):
    """Days and hours in which to send, and the zones to tell them by, in order."""

    days: tuple[Annotated[str, AfterValidator(_check_day)], ...] = DAYS
    local: Local = Local()
    zone: tuple[str, ...] = (PROFILE, MARKET)
    if_past: Annotated[str, BeforeValidator(_check_if_past)] = "next_window"
    quiet_calendar: Annotated[str, BeforeValidator(_check_calendar)] | None = None

    @model_validator(mode="after")
    def _check_window(self) -> "SendWindow":
        if not self.days:
            raise broken("AUD111", "names no day", "name a day, or leave the key out", "days")
        if not self.zone or self.zone[-1] == PROFILE:
            fix = f"end with {MARKET} or a zone such as Europe/Berlin, which is never missing"
            raise broken("AUD111", "may end without a time zone", fix, "zone")
        if len(self.zone) > 2 or (len(self.zone) == 2 and self.zone[0] != PROFILE):
            fix = f"leave out what follows the first zone that is not {PROFILE}"
            raise broken("AUD111", "names zones that are never asked", fix, "zone")
        return self

    @property
    def fixed_zone(self) -> str | None:
        """The zone at the end of the chain, None for that of the market."""
        return None if self.zone[-1] == MARKET else self.zone[-1]

    @property
    def key(self) -> str:
        """What the window comes to, in words; windows that are alike have the same."""
        days = ",".join(day for day in DAYS if day in self.days)
        hours = f"{self.local.from_}-{self.local.to}"
        zones = ">".join(
            zone.removesuffix(".timezone").removesuffix(".default_timezone") for zone in self.zone
        )
        quiet = ["quiet"] if self.quiet_calendar else []
        return " ".join([days, hours, zones, self.if_past, *quiet])
