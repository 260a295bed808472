"""`guardrails`: the limits outside of which the gate holds an audience."""

from typing import Literal

from pydantic import Field, model_validator

from audiences.language.blocks import Block, Name, Share, broken


class Size(Block):
    """How many people may leave."""

    min: int | None = Field(default=None, ge=0)
    max: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _check_order(self) -> "Size":
        if self.min is not None and self.max is not None and self.min > self.max:
            raise broken("AUD103", "min is above max", "swap them", "min")
        return self


class Change(Block):
    """How far the size may move, as a share of what it was when the audience passed."""

    max_growth: Share = 0.5
    max_shrink: Share = 0.3
    baseline: Literal["last", "median_last_7"] = "last"

    @property
    def passes(self) -> int:
        """How many of the latest passes the size is compared with, by their median."""
        return 1 if self.baseline == "last" else 7


class Overlap(Block):
    """How many of its people may be in another audience too, as a share."""

    other: Name = Field(alias="with")
    max_share: float = Field(ge=0, le=1, allow_inf_nan=False)


class Guardrails(Block):
    """What the gate holds an audience for; held, its last good membership stands."""

    size: Size = Size()
    change: Change = Change()
    allow_empty: bool = False
    overlap: Overlap | None = None
    on_breach: Literal["keep_last_and_alert"] = "keep_last_and_alert"
