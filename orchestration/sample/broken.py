"""The broken rows of the sample: copies of good rows, damaged as broken.yml says. Builds SQL, runs nothing."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from orchestration.border.contract import RawTable

SHARE = 0.005


@dataclass(frozen=True)
class Damage:
    """One way in which copies of a table's rows are broken."""

    table: str
    reason: str
    column: str | None = None
    value: str = "null"


@cache
def damages() -> dict[str, tuple[Damage, ...]]:
    """All damages by table."""
    text = (Path(__file__).parent / "broken.yml").read_text(encoding="utf-8")
    return {
        table: tuple(Damage(table, **entry) for entry in entries)
        for table, entries in yaml.safe_load(text).items()
    }


def text_columns() -> dict[str, set[str]]:
    """Columns that the sample writes as text, because a typed Parquet column cannot hold a value of a wrong type."""
    found: dict[str, set[str]] = defaultdict(set)
    for table, entries in damages().items():
        found[table] |= {d.column for d in entries if d.reason == "bad_type" and d.column}
    return found


def chosen_rows(table: str) -> str:
    """SQL for the good rows to copy and the number of their damage, chosen by the seed; the damages take turns."""
    return f"""
        create or replace table work.chosen as
        select
            good_row,
            (row_number() over (order by draw, good_row) - 1) % {len(damages()[table])} as damage
        from (
            select rowid as good_row, u('broken.{table}', rowid + getvariable('chunk_from') * 1024) as draw
            from work.good
            order by draw, good_row
            limit (select floor(count(*) * {SHARE}e0)::bigint from work.good)
        )"""


def damaged_rows(table: RawTable, number: int) -> str:
    """SQL for the copies with the damage of that number."""
    damage = damages()[table.name][number]
    changes = [] if damage.reason == "duplicate_key" else [_own_key(table)]
    if damage.column:
        changes.append(f"({damage.value}) as {damage.column}")
    replaced = f" replace ({', '.join(changes)})" if changes else ""
    return f"""
        select good.*{replaced}
        from work.good as good
        inner join work.chosen as chosen on good.rowid = chosen.good_row and chosen.damage = {number}"""


def record(table: RawTable, number: int) -> str:
    """SQL for the truth of the copies: table, key (parts joined by |), column and reason."""
    damage = damages()[table.name][number]
    key = " || '|' || ".join(f"{name}::varchar" for name in table.key)
    return f"""
        select '{table.name}' as table_name, {key} as key, '{damage.column or ""}' as column_name,
            '{damage.reason}' as reason
        from ({damaged_rows(table, number)})"""


def _own_key(table: RawTable) -> str:
    last = next(column for column in reversed(table.columns) if column.key)
    other = f"{last.name} || 'x'" if last.data_type == "varchar" else f"{last.name} + 1000"
    return f"{other} as {last.name}"
