"""Where things are. The only place that reads the environment; nothing here is read at import."""

import os
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from dotenv import dotenv_values

from audiences.errors import InputError

ROOT = Path(__file__).resolve().parent.parent
DBT_PROJECT = ROOT / "dbt_project"
DEFINITIONS = ROOT / "audiences" / "definitions"
SYNCS = ROOT / "reverse_etl" / "syncs"


@dataclass(frozen=True)
class Settings:
    """Paths, target and as-of day of one run (contracts, section 2). All paths are absolute."""

    raw_dir: Path
    warehouse: Path
    state_dir: Path
    site_dir: Path
    deliveries_dir: Path
    target: str
    as_of: date

    def environment(self) -> dict[str, str]:
        """The same settings as environment variables, for dbt."""
        return {
            "PERENNIAL_RAW_DIR": str(self.raw_dir),
            "PERENNIAL_WAREHOUSE": str(self.warehouse),
            "PERENNIAL_STATE_DIR": str(self.state_dir),
            "PERENNIAL_SITE_DIR": str(self.site_dir),
            "PERENNIAL_DELIVERIES_DIR": str(self.deliveries_dir),
            "PERENNIAL_TARGET": self.target,
            "PERENNIAL_AS_OF": self.as_of.isoformat(),
        }


def load_settings(as_of: str | None = None, started: datetime | None = None) -> Settings:
    """Read the settings from the environment and `.env` (the environment wins).

    Args:
        as_of: The as-of day as YYYY-MM-DD; overrides PERENNIAL_AS_OF.
        started: When the run began (now when omitted); without an as-of day it is the day before this instant, UTC.

    Raises:
        InputError: The as-of day is not a date, or after today.
    """
    values = variables()

    def path(name: str, default: str) -> Path:
        return (ROOT / (values.get(name) or default)).resolve()

    return Settings(
        raw_dir=path("PERENNIAL_RAW_DIR", "data/raw"),
        warehouse=path("PERENNIAL_WAREHOUSE", "data/warehouse.duckdb"),
        state_dir=path("PERENNIAL_STATE_DIR", "data/state"),
        site_dir=path("PERENNIAL_SITE_DIR", "data/site"),
        deliveries_dir=path("PERENNIAL_DELIVERIES_DIR", "data/deliveries"),
        target=values.get("PERENNIAL_TARGET") or "duckdb",
        as_of=_as_of_day(as_of or values.get("PERENNIAL_AS_OF"), started or datetime.now(UTC)),
    )


def variables() -> dict[str, str]:
    """All variables, secrets among them: `.env`, then the environment, which wins."""
    written = dotenv_values(ROOT / ".env")
    return {name: value for name, value in written.items() if value is not None} | dict(os.environ)


def _as_of_day(text: str | None, started: datetime) -> date:
    today = started.astimezone(UTC).date()
    if not text:
        return today - timedelta(days=1)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise InputError(
            f"as-of day '{text}' is not a date", "write it as YYYY-MM-DD, for example 2026-03-31"
        ) from None
    if day > today:
        raise InputError(
            f"as-of day {day} is after today, {today}",
            "name a day that has begun: after a run for a later one, no day before it is delivered",
        )
    return day
