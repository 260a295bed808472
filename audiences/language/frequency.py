"""How often a person may be contacted: what a cap counts, and over which days."""

from typing import Literal

from pydantic import Field, model_validator

from audiences.language.blocks import Block, Duration, broken

CALENDAR = ("1d", "7d", "30d")


class Frequency(Block):
    """At most so many contacts on the send day and the days before it, or in its calendar day, week or month."""

    max: int = Field(ge=1)
    per: Duration
    kind: Literal["rolling", "calendar"]
    zone: Literal["recipient"] | None = None
    scope: Literal["audience", "program", "all_marketing"]

    @model_validator(mode="after")
    def _check_period(self) -> "Frequency":
        if self.kind == "calendar" and self.per not in CALENDAR:
            fix = "write 1d for the day, 7d for the week from Monday, 30d for the month"
            raise broken("AUD103", "is not a period of the calendar", fix, "per")
        if self.kind == "rolling" and self.zone:
            fix = "leave it out, or use `kind: calendar`"
            raise broken("AUD100", "rolling days have no zone, they are UTC", fix, "zone")
        return self
