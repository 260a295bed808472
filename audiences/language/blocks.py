"""What every mapping of the definition language shares: known keys only, and every key has a value.

Every scalar arrives as text (the loader keeps YAML from guessing), so that a country `NO` or a salt
`12e45678` means what it says. A rule that is broken is raised with its code, its fix and, when one
key is to blame, that key.
"""

import re
from collections.abc import Iterable
from datetime import date
from difflib import get_close_matches
from typing import Annotated, Any, ClassVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)
from pydantic_core import PydanticCustomError

from audiences.language.names import NAME_FORM, is_name


def broken(code: str, rule: str, fix: str, key: str | None = None) -> PydanticCustomError:
    """A broken rule, in the form pydantic carries to the loader."""
    return PydanticCustomError(code, "{rule}", {"rule": rule, "fix": fix, "key": key})


def nearest(word: str, known: Iterable[str]) -> str:
    """'did you mean `x`?' for a near miss, else the list of known words."""
    known = sorted(known)
    close = get_close_matches(word, known, n=1)
    return f"did you mean `{close[0]}`?" if close else f"known here: {', '.join(known)}"


def _read_day(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise broken("AUD103", "is not a date", "write it as YYYY-MM-DD")


def _check_duration(value: str) -> str:
    if not re.fullmatch(r"[1-9][0-9]{0,3}d", value):
        raise broken("AUD103", "is not a duration", "write days, for example 14d")
    return value


def days_of(duration: str) -> int:
    """A duration as a number of days."""
    return int(duration.removesuffix("d"))


def _check_name(value: str) -> str:
    if not is_name(value):
        raise broken("AUD100", "is not a name", NAME_FORM)
    return value


def _check_line(value: str) -> str:
    if not value.strip() or not value.isprintable() or "{" in value or "}" in value:
        raise broken("AUD100", "is not one line of text", "write one line without { and }")
    return value


Day = Annotated[date, BeforeValidator(_read_day)]
Duration = Annotated[str, AfterValidator(_check_duration)]
Name = Annotated[str, AfterValidator(_check_name)]
Line = Annotated[str, AfterValidator(_check_line)]
Share = Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)]


class Block(BaseModel):
    """A mapping of the language: known keys only, and every key has a value."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    later: ClassVar[frozenset[str]] = frozenset()
    """Keys of the language that this version does not run yet."""

    @model_validator(mode="before")
    @classmethod
    def _check_keys(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            raise broken("AUD100", "must be a mapping of keys and values", "write `key: value`")
        known = {field.alias or name for name, field in cls.model_fields.items()}
        for key, value in data.items():
            if key in cls.later:
                raise broken("AUD101", f"`{key}` is not supported yet", "leave it out", key)
            if key not in known:
                raise broken("AUD101", f"unknown key `{key}`", nearest(key, known), key)
            if value is None:
                fix = "give it a value or leave the key out; quote the words null and ~ as text"
                raise broken("AUD104", "has no value", fix, key)
        return data
