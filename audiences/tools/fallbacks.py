"""How many members of an audience got something other than their own: a text, a time zone, the value of a column."""

from typing import Any

import duckdb

from audiences.language.payload import FACTS
from audiences.spec import Definition
from audiences.warehouse import records


def count_fallbacks(connection: duckdb.DuckDBPyConnection, one: Definition) -> list[dict[str, Any]]:
    """Members by what was filled in (`fact`) and with what (`step`); what nobody needed is left out."""
    return [*records(connection, STEPS, {"audience": one.audience}), *_values(connection, one)]


STEPS = """
    select fact, step, members from audiences.audience_fallback_counts
    where audience = $audience and step not in ('exact', 'language', 'profile', 'fixed')
    order by fact, members desc, step
"""


def _values(connection: duckdb.DuckDBPyConnection, one: Definition) -> list[dict[str, Any]]:
    """Payload columns whose fallback members take; one the last run did not know is left out."""
    columns = one.payload.columns if one.payload else {}
    known = {
        name for name, *_ in connection.execute("describe activation.customer_traits").fetchall()
    }
    origins = {
        name: f"{'facts' if column.from_ in FACTS else 'traits'}.{column.from_}"
        for name, column in columns.items()
        if column.fallback is not None and column.from_ in {*known, *FACTS}
    }
    if not origins:
        return []
    missing = ", ".join(f"count(*) - count({origin})" for origin in origins.values())
    row = connection.execute(
        f"""
        select {missing} from audiences.audience_member_facts as facts
        inner join activation.customer_traits as traits using (customer_id)
        where facts.audience = ?
        """,
        [one.audience],
    ).fetchone()
    counted = zip(origins, row or (), strict=True)
    return [{"fact": name, "step": "fallback", "members": n} for name, n in counted if n]
