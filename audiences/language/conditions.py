"""Conditions of `match` and `exclude`: all, any and not over what can be asked, which rules.py knows."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from audiences.language.blocks import Block, Duration, broken
from audiences.language.events import Event
from audiences.language.sql_block import Sql

OPERATORS = ("eq", "in", "not_in", "gte", "gt", "lte", "lt", "between", "is_null")


class Column(Block):
    """A condition on one trait column: exactly one operator, and what a missing value means."""

    key: ClassVar[str] = "column"
    column: str
    eq: str | None = None
    in_: tuple[str, ...] | None = Field(None, alias="in")
    not_in: tuple[str, ...] | None = None
    gte: str | None = None
    gt: str | None = None
    lte: str | None = None
    lt: str | None = None
    between: tuple[str, str] | None = None
    is_null: bool | None = None
    if_null: Literal["match", "no_match"] | None = None

    @model_validator(mode="after")
    def _check_operator(self) -> "Column":
        given = [name for name in OPERATORS if self._operand(name) is not None]
        if len(given) != 1:
            said = " and ".join(given) if given else "none"
            fix = f"use one of {', '.join(OPERATORS)}; join two conditions with `all`"
            raise broken("AUD100", f"needs exactly one operator, got {said}", fix)
        if not self.values and self.operator != "is_null":
            fix = "list at least one value"
            raise broken("AUD206", f"`{self.operator}: []` is the same for everybody", fix)
        if self.operator == "is_null" and self.if_null:
            fix = "leave `if_null` out"
            raise broken("AUD206", "`is_null` is never unknown", fix, "if_null")
        return self

    def _operand(self, operator: str) -> Any:
        return getattr(self, "in_" if operator == "in" else operator)

    @property
    def operator(self) -> str:
        """The one operator given."""
        return next(name for name in OPERATORS if self._operand(name) is not None)

    @property
    def values(self) -> tuple[str, ...]:
        """The values to compare with, as written; none for `is_null`."""
        operand = self._operand(self.operator)
        if isinstance(operand, bool):
            return ()
        return (operand,) if isinstance(operand, str) else tuple(operand)


class Score(Column):
    """A condition on a column that a model scored. Every run scores anew, so no score is older than its day."""

    key: ClassVar[str] = "score"

    column: str = Field(alias="score")
    max_age: Duration | None = None


class InAudience(Block):
    """True for who was in one of the audiences at the end of the day before, delivered or withheld."""

    audience: str | None = None
    audiences: tuple[str, ...] | None = Field(None, min_length=1)

    @model_validator(mode="after")
    def _check_one(self) -> "InAudience":
        if self.audience is not None and self.audiences is not None:
            raise broken("AUD100", "names `audience` and `audiences`", "use one of the two")
        return self

    @property
    def names(self) -> dict[tuple[str | int, ...], str]:
        """The audiences, each by its place in the condition."""
        if self.audience is not None:
            return {("audience",): self.audience}
        return {("audiences", place): name for place, name in enumerate(self.audiences or ())}


class HoldsOffer(Block):
    """True for who was given an offer on an earlier day that is still good when the audience goes out."""

    offers_active: bool


class All(Block):
    """True when every part is."""

    all: tuple["Condition", ...] = Field(min_length=1)


class Any_(Block):  # noqa: N801 - `Any` is taken
    """True when at least one part is."""

    any: tuple["Condition", ...] = Field(min_length=1)


class Not(Block):
    """True when the part is known and false; what is unknown stays decided by `if_null`."""

    not_: "Condition" = Field(alias="not")


KINDS = {
    "all": "<all>",
    "any": "<any_>",
    "not": "<not>",
    "score": "<score>",
    "sql": "<sql>",
    "event": "<event>",
    "audience": "<inaudience>",
    "audiences": "<inaudience>",
    "offers_active": "<holdsoffer>",
}


def _kind(value: Any) -> str:
    if isinstance(value, Block):
        return f"<{type(value).__name__.lower()}>"
    keys = value if isinstance(value, dict) else ()
    return next((kind for key, kind in KINDS.items() if key in keys), "<column>")


Leaf = Column | Score | Sql | Event | InAudience | HoldsOffer
Condition = Annotated[
    Annotated[All, Tag("<all>")]
    | Annotated[Any_, Tag("<any_>")]
    | Annotated[Not, Tag("<not>")]
    | Annotated[Column, Tag("<column>")]
    | Annotated[Score, Tag("<score>")]
    | Annotated[Sql, Tag("<sql>")]
    | Annotated[Event, Tag("<event>")]
    | Annotated[InAudience, Tag("<inaudience>")]
    | Annotated[HoldsOffer, Tag("<holdsoffer>")],
    Discriminator(_kind),
]
