"""A few rows of a plan as they would be sent, without anything that tells who a person is.

Numbers, booleans and constants are shown as they are, of everything else the start.
"""

import json
from dataclasses import dataclass
from typing import Any

from reverse_etl.ledger import Ledger
from reverse_etl.payload import removal_sql
from reverse_etl.source import Source
from reverse_etl.spec import Sync

_ROWS = 3  # of each kind
_PLAIN = ("BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "DOUBLE", "FLOAT", "DECIMAL")


@dataclass(frozen=True)
class Sample:
    """A planned row: its kind (add, change, remove) and its fields, masked."""

    kind: str
    fields: dict[str, Any]


def read_samples(ledger: Ledger, sync: Sync, source: Source) -> tuple[Sample, ...]:
    """The first rows of each kind of the plan in the temporary tables `planned` and `source`."""
    constants = {field.name for field in sync.mapping if field.column is None}
    shown = {
        field.name
        for field in source.fields
        if field.name in constants or field.type.startswith(_PLAIN)
    }
    sql = _SAMPLES.format(removal=removal_sql(sync, source.fields, "planned.key"))
    return tuple(
        Sample(kind, _masked(json.loads(payload), shown))
        for kind in ("add", "change", "remove")
        for (payload,) in ledger.rows(sql, kind=kind, rows=_ROWS)
    )


def _masked(payload: dict[str, Any], shown: set[str]) -> dict[str, Any]:
    return {
        name: value if value is None or name in shown else _start(str(value))
        for name, value in payload.items()
    }


def _start(text: str) -> str:
    """As ids are masked elsewhere: two characters, and never more than a third of it."""
    return f"{text[: min(2, len(text) // 3)]}***"


_SAMPLES = """
with chosen as (select * from planned where kind = $kind order by row_number limit $rows)
select coalesce(source.payload, {removal})
from chosen as planned
left join source on source.key = planned.key and planned.operation = 'upsert'
order by planned.row_number
"""
