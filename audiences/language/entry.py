"""Who may enter an audience, and for how long: dwell, re-entry, capacity, priority. Nobody is removed by them early."""

import re
from collections.abc import Iterator

from pydantic import Field, field_validator, model_validator

from audiences.language.blocks import Block, Duration, Name, broken, nearest
from audiences.language.columns import Finding, Traits


class Capacity(Block):
    """How many people there is room for, delivered and withheld alike, and who of the newcomers goes first."""

    max: int = Field(ge=1)
    order_by: tuple[str, ...] = Field(min_length=1)

    @field_validator("order_by")
    @classmethod
    def _check_order(cls, order_by: tuple[str, ...]) -> tuple[str, ...]:
        for term in order_by:
            if not re.fullmatch(r"\w+( asc| desc)?", term, re.ASCII):
                raise broken(
                    "AUD100", f"{term!r} is not an order", "write `column` or `column desc`"
                )
        return order_by

    @property
    def terms(self) -> list[tuple[str, str]]:
        """The columns people are ordered by, each with asc or desc."""
        words = (term.partition(" ") for term in self.order_by)
        return [(column, direction or "asc") for column, _, direction in words]


class Entry(Block):
    """When a person may enter and again, and how long a stay lasts at most."""

    min_match: Duration | None = None
    reentry_after: Duration | None = None
    max_entries: int | None = Field(default=None, ge=1)
    max_stay: Duration | None = None
    capacity: Capacity | None = None

    @property
    def keeps_out(self) -> bool:
        """Whether who left is kept from coming straight back."""
        return self.reentry_after is not None or self.max_entries is not None


class Priority(Block):
    """The group in which a person is in one audience at a time, and this one's rank; the lowest wins."""

    group: Name
    rank: int = Field(ge=0, le=9999)


class NextAfter(Block):
    """The step that goes before, and how many days after entering it this one is entered."""

    step: int = Field(ge=1, le=99)
    wait: Duration


class Program(Block):
    """The programme an audience belongs to, and which step of it the audience is."""

    name: Name
    step: int | None = Field(default=None, ge=1, le=99)
    next_after: NextAfter | None = None

    @model_validator(mode="after")
    def _check_steps(self) -> "Program":
        if self.next_after is None:
            return self
        if self.step is None:
            raise broken("AUD100", "follows a step and is none", "add `step`", "next_after")
        if self.next_after.step >= self.step:
            fix = f"name a step below {self.step}"
            raise broken("AUD100", "does not follow an earlier step", fix, "next_after")
        return self


def check_order(capacity: Capacity, traits: Traits) -> Iterator[Finding]:
    """What is wrong with the order newcomers take places in, given the columns there are."""
    for index, (column, _) in enumerate(capacity.terms):
        path = ("entry", "capacity", "order_by", index)
        if column not in traits:
            fix = nearest(column, traits)
            yield "AUD201", path, "is not a column of customer_traits", fix
        elif traits[column] == "sensitive":
            rule = "is a sensitive column, which may not decide who goes first"
            yield "AUD204", path, rule, "use another column"
