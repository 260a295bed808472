"""What is wrong with what an audience's people would take along, measured on the candidates before they leave."""

from collections.abc import Mapping

import duckdb

from audiences.language.payload import FACTS
from audiences.spec import Definition


def payload_faults(
    warehouse: duckdb.DuckDBPyConnection, definition: Definition
) -> Mapping[str, int]:
    """Eligible people for whom a payload column has no value, or not the one its fallback takes, by column.

    Columns that come from facts of the member, such as the send time, are decided later and left out.
    """
    asked = {
        name: column
        for name, column in (definition.payload.columns if definition.payload else {}).items()
        if column.from_ not in FACTS
    }
    if not asked:
        return {}
    described = warehouse.execute("describe activation.customer_traits").fetchall()
    types = {column: kind for column, kind, *_ in described}
    counts = []
    for column in asked.values():
        if column.from_ not in types:
            counts.append("count(*)")
        elif column.fallback is None:
            counts.append(f"count(*) - count({column.from_})")
        else:
            counts.append(
                f"count(*) filter (where {_misfits(column.fallback, types[column.from_])})"
            )
    row = warehouse.execute(
        f"""
        select {", ".join(counts)}
        from audiences.audience_dispositions as dispositions
        inner join activation.customer_traits as traits using (customer_id)
        where dispositions.audience = ? and dispositions.disposition = 'eligible'
        """,
        [definition.audience],
    ).fetchone()
    return {name: people for name, people in zip(asked, row or (), strict=True) if people}


def _misfits(fallback: str, kind: str) -> str:
    quoted = fallback.replace("'", "''")
    return f"try_cast('{quoted}' as {kind}) is null"
