"""What a card is: one question, as plain data the templates render. Pure; no HTML, no files.

A card holds its headline, its chart, the same figures as a table, and the metrics it explains.
The cards themselves are in `monthly.py` and `heatmap.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboards.languages import Language
from dashboards.published import Row
from dashboards.registry import Metric, Registry


@dataclass(frozen=True)
class Headline:
    """The one figure of a card, with what it is and where it stands."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Cell:
    """A table cell: its text, how it looks, and what a tooltip adds."""

    text: str
    look: str = "number"
    hint: str = ""


@dataclass(frozen=True)
class TableRow:
    """A table row; `mark` is set when its month is not over."""

    label: str
    cells: Sequence[Cell]
    mark: str = ""


@dataclass(frozen=True)
class Table:
    """A table of figures."""

    caption: str
    corner: str
    columns: Sequence[str]
    rows: Sequence[TableRow]


@dataclass(frozen=True)
class Card:
    """One card of a page."""

    key: str
    words: dict[str, Any]
    metrics: Sequence[Metric]
    headline: Headline
    empty: str = ""
    table: Table | None = None
    chart: dict[str, Any] | None = None
    legend: Sequence[tuple[str, str]] = ()
    notes: Sequence[str] = ()
    scale: Sequence[str] = ()


@dataclass(frozen=True)
class Context:
    """What every card is built with."""

    registry: Registry
    language: Language
    mart: str

    @property
    def words(self) -> dict[str, Any]:
        """The card's own texts."""
        texts: dict[str, Any] = self.language.words["cards"][self.mart]
        return texts

    @property
    def metrics(self) -> list[Metric]:
        """The metrics the card shows."""
        return self.registry.of_mart(self.mart)

    def name(self, metric: str) -> str:
        """A metric's name in the card's language."""
        return self.registry.by_key[metric].name.of(self.language.code)

    def text(self, row: Row, metric: str) -> str:
        """A metric's value in a row, as written on the page."""
        one = self.registry.by_key[metric]
        if row["is_withheld"]:
            return self.withheld
        return self.language.value(row[one.column], one.format)

    @property
    def withheld(self) -> str:
        """What stands for a withheld figure."""
        minimum = self.registry.minimum_group(self.mart)
        return str(self.language.words["withheld"].format(minimum=minimum))

    def cell(self, row: Row, metric: str) -> Cell:
        """The same as a table cell."""
        return Cell(self.text(row, metric), "withheld" if row["is_withheld"] else "number")

    def mark(self, row: Row) -> str:
        """The mark of a month that is not over."""
        return "" if row["is_complete"] else str(self.language.words["incomplete_mark"])

    def empty(self, rows: Sequence[Row]) -> Card | None:
        """The card in words, when there is nothing it could draw."""
        if rows and not all(row["is_withheld"] for row in rows):
            return None
        words = self.language.words
        why = words["withheld_all"] if rows else self.words["empty"]
        headline = Headline(self.words["headline"], words["no_figure"])
        return Card(self.mart, self.words, self.metrics, headline, empty=why)

    def notes(self, rows: Sequence[Row], *more: str) -> list[str]:
        """The footnotes the rows need."""
        words, minimum = self.language.words, self.registry.minimum_group(self.mart)
        notes = list(more)
        if any(row["is_withheld"] for row in rows):
            notes.append(words["withheld_note"].format(minimum=minimum))
        if not all(row["is_complete"] for row in rows):
            notes.insert(0, words["incomplete_note"])
        return notes
