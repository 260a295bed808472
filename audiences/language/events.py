"""Conditions on what people did: how often an event happened, in which days, and to what."""

import re
from hashlib import md5
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from audiences.language.blocks import Block, Duration, Line, broken

OPERATORS = ("eq", "gte", "gt", "lte", "lt", "between")
WHERE_COLUMNS = ("product_id", "campaign_id")


def _as_list(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Times = Annotated[int, Field(ge=-1_000_000_000, le=1_000_000_000)]
Values = Annotated[tuple[Line, ...], BeforeValidator(_as_list), Field(min_length=1)]


class Count(Block):
    """How often: exactly one operator. Who never did it counts as 0."""

    eq: Times | None = None
    gte: Times | None = None
    gt: Times | None = None
    lte: Times | None = None
    lt: Times | None = None
    between: tuple[Times, Times] | None = None

    @model_validator(mode="after")
    def _check_operator(self) -> "Count":
        given = [name for name in OPERATORS if getattr(self, name) is not None]
        if len(given) != 1:
            said = " and ".join(given) if given else "none"
            fix = f"use one of {', '.join(OPERATORS)}"
            raise broken("AUD100", f"needs exactly one operator, got {said}", fix)
        least, most = self._bounds()
        if most is not None and most < max(least, 0):
            rule = "nobody can have done something so often"
            raise broken("AUD206", rule, "ask for 0 or more, the smaller number first", given[0])
        if most is None and least <= 0:
            fix = "ask for at least 1, or leave the condition out"
            raise broken("AUD206", "is the same for everybody", fix, given[0])
        return self

    def _bounds(self) -> tuple[int, int | None]:
        """The fewest and most times that match; None for any number."""
        first, last = self.values[0], self.values[-1]
        return {
            "eq": (first, first),
            "gte": (first, None),
            "gt": (first + 1, None),
            "lte": (0, first),
            "lt": (0, first - 1),
            "between": (first, last),
        }[self.operator]

    @property
    def operator(self) -> str:
        """The one operator given."""
        return next(name for name in OPERATORS if getattr(self, name) is not None)

    @property
    def values(self) -> tuple[int, ...]:
        """One number, or the two ends of `between`."""
        operand = getattr(self, self.operator)
        return (operand,) if isinstance(operand, int) else operand


class Where(Block):
    """Which of the events count: those about one of these products, or of these campaigns."""

    product_id: Values | None = None
    campaign_id: Values | None = None

    @model_validator(mode="after")
    def _check_any(self) -> "Where":
        if not self.columns:
            raise broken("AUD100", "names no column", f"use {' or '.join(WHERE_COLUMNS)}")
        return self

    @property
    def columns(self) -> dict[str, list[str]]:
        """The columns named and their values, in order."""
        return {
            name: sorted(set(values)) for name in WHERE_COLUMNS if (values := getattr(self, name))
        }


class Event(Block):
    """How often a person did something, in all or in the days up to and including the as-of day."""

    event: Line
    count: Count = Count(gte=1)
    within: Duration | None = None
    where: Where | None = None

    @property
    def column(self) -> str:
        """The column of audience_event_counts: conditions that count the same share one."""
        words = re.sub(r"[^a-z0-9]+", "_", self.event.lower())[:30].strip("_")
        name = f"count__{words}__{self.within or 'ever'}"
        if words == self.event and self.where is None:
            return name
        asked = repr((self.event, self.where.columns if self.where else {}))
        return f"{name}_{md5(asked.encode(), usedforsecurity=False).hexdigest()[:8]}"
