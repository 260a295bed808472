"""The raw contract, dbt_project/models/staging/_shop__sources.yml, as frozen objects. Judges nothing."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from orchestration.settings import DBT_PROJECT

CONTRACT = DBT_PROJECT / "models" / "staging" / "_shop__sources.yml"


@dataclass(frozen=True)
class Column:
    """One column of a raw table and what makes its value broken."""

    name: str
    data_type: str
    description: str
    required: bool = False
    key: bool = False
    pii: bool = False
    values: tuple[str, ...] = ()
    min: float | None = None
    above: float | None = None
    max: float | None = None

    @property
    def has_range(self) -> bool:
        """Whether the contract bounds the value."""
        return any(bound is not None for bound in (self.min, self.above, self.max))


@dataclass(frozen=True)
class Rule:
    """A check that spans columns: `broken_if` is true for a row whose `column` is out of range."""

    column: str
    broken_if: str


@dataclass(frozen=True)
class RawTable:
    """One raw table."""

    name: str
    description: str
    columns: tuple[Column, ...]
    required: bool = False
    cut_by: str | None = None
    latest_by: str | None = None
    has_ledger: bool = False
    rules: tuple[Rule, ...] = ()

    @property
    def key(self) -> tuple[str, ...]:
        """Names of the key columns."""
        return tuple(column.name for column in self.columns if column.key)


@cache
def load_contract(path: Path = CONTRACT) -> tuple[RawTable, ...]:
    """All raw tables, in the order of the file."""
    source = yaml.safe_load(path.read_text(encoding="utf-8"))["sources"][0]
    return tuple(_table(entry) for entry in source["tables"])


def _table(entry: dict[str, Any]) -> RawTable:
    meta = _meta(entry)
    return RawTable(
        name=entry["name"],
        description=entry["description"],
        columns=tuple(_column(column) for column in entry["columns"]),
        **{**meta, "rules": tuple(Rule(**rule) for rule in meta.get("rules", ()))},
    )


def _column(entry: dict[str, Any]) -> Column:
    meta = _meta(entry)
    return Column(
        name=entry["name"],
        data_type=entry["data_type"],
        description=entry["description"],
        **{**meta, "values": tuple(meta.get("values", ()))},
    )


def _meta(entry: dict[str, Any]) -> dict[str, Any]:
    return dict(entry.get("config", {}).get("meta", {}))
