"""How a page speaks: its words, and how it writes numbers and days. Computes nothing."""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

TEXTS = Path(__file__).with_name("texts")
LANGUAGES = ("en", "tr")
MINUS = "\N{MINUS SIGN}"
SEPARATORS = {"en": (",", "."), "tr": (".", ",")}  # thousands, decimals


@dataclass(frozen=True)
class Language:
    """One language of the pages."""

    code: str

    @cached_property
    def words(self) -> dict[str, Any]:
        """Every text, by key."""
        text = (TEXTS / f"{self.code}.yml").read_text(encoding="utf-8")
        words: dict[str, Any] = yaml.safe_load(text)
        return words

    def number(self, value: float | Decimal, decimals: int = 0) -> str:
        """A number with the language's separators; halves are rounded away from zero."""
        rounded = Decimal(str(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
        thousands, point = SEPARATORS[self.code]
        digits = f"{abs(rounded):,.{decimals}f}".replace(",", " ").replace(".", point)
        return (MINUS if rounded < 0 else "") + digits.replace(" ", thousands)

    def percent(self, share: float, decimals: int = 1) -> str:
        """A share of 1 as a percentage; Turkish writes the sign in front."""
        digits = self.number(Decimal(str(share)) * 100, decimals)
        return f"%{digits}" if self.code == "tr" else f"{digits}%"

    def value(self, value: float | None, form: str) -> str:
        """A metric's value in the registry's format; a dash for none."""
        if value is None:
            return str(self.words["no_figure"])
        if form == "percent":
            return self.percent(value)
        return self.number(value, {"integer": 0, "score": 0, "decimal": 2}[form])

    def day(self, day: date) -> str:
        """A day in full, such as 31 March 2026."""
        return f"{day.day} {self.words['months'][day.month - 1]} {day.year}"

    def month(self, day: date) -> str:
        """The day's month in short, such as Mar 2026."""
        return f"{self.words['months_short'][day.month - 1]} {day.year}"

    def chart_locale(self) -> dict[str, Any]:
        """Number and time locale objects of the chart library."""
        thousands, point = SEPARATORS[self.code]
        words = self.words
        return {
            "number": {
                "decimal": point,
                "thousands": thousands,
                "grouping": [3],
                "currency": ["", ""],
                "minus": MINUS,
            },
            "time": {
                "dateTime": "%d %B %Y %H:%M",
                "date": "%d.%m.%Y",
                "time": "%H:%M",
                "periods": ["", ""],
                "days": words["days"],
                "shortDays": words["days_short"],
                "months": words["months"],
                "shortMonths": words["months_short"],
            },
        }
