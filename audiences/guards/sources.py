"""Whether what an audience stands on is of today: the traits, and the raw tables behind them."""

from collections.abc import Mapping
from datetime import date

import duckdb

from audiences.spec import Definition

# Without contact nothing hangs on consents, so that their silence holds nothing.
NEEDED_FOR_CONTACT = frozenset({"consents"})


def traits_day(warehouse: duckdb.DuckDBPyConnection) -> date | None:
    """The day the traits are of; none without customers."""
    [(day,)] = warehouse.execute(
        "select max(as_of_date) from activation.customer_traits"
    ).fetchall()
    return day if isinstance(day, date) else None


def silent_sources(warehouse: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """The stale raw tables, each with the days it has been silent."""
    stale = warehouse.execute(
        "select table_name, silence_days from monitoring.rpt_source_freshness where is_stale order by table_name"
    ).fetchall()
    return dict(stale)


def stood_on(definition: Definition, silent: Mapping[str, int]) -> dict[str, int]:
    """Of the stale tables, those an audience stands on."""
    spared = frozenset() if definition.contact else NEEDED_FOR_CONTACT
    return {table: days for table, days in silent.items() if table not in spared}
