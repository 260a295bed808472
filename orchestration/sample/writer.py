"""Writes what the SQL made: raw tables as Parquet in the contract's columns, types and key order, and the truth."""

from pathlib import Path

import duckdb

from orchestration.border.contract import RawTable, load_contract
from orchestration.sample import broken

TRUTH = "_truth"
# The largest tables are unfolded from rows that are sorted already; sorting them again would take half of the time.
IN_KEY_ORDER = {"events", "message_events"}
ORDER_OF_TRUTH = {
    "broken_rows": "table_name, key, reason",
    "campaign_effects": "campaign_id, arm",
    "customers": "customer_id",
    "parameters": "model, parameter",
    "reactions": "campaign_id, customer_id",
}


class ShopWriter:
    """Writes the tables of the schemas `shop` and `truth` of a connection.

    Args:
        connection: Where the tables are.
        folder: Where the files go.
        in_parts: Whether the large tables become folders of files.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, folder: Path, *, in_parts: bool
    ) -> None:
        self.rows: dict[str, int] = {}
        self._connection = connection
        self._folder = folder
        self._in_parts = in_parts
        self._text_columns = broken.text_columns()
        (folder / TRUTH).mkdir()
        connection.execute("create schema kept")
        connection.execute(
            "create table kept.broken_rows"
            " (table_name varchar, key varchar, column_name varchar, reason varchar)"
        )

    def write_tables(self, part: int = 0) -> None:
        """Write and drop the raw tables that were made; `part` numbers the chunk, 0 is no chunk."""
        made = self._tables("shop")
        for table in load_contract():
            if table.name in made:
                self._write(table, part)
        for name in made:
            self._connection.execute(f"drop view shop.{name}")

    def keep_truth(self) -> None:
        """Add the truth of a chunk to that of the chunks before."""
        for name in self._tables("truth"):
            self._connection.execute(
                f"create table if not exists kept.{name} as from truth.{name} limit 0;"
                f"insert into kept.{name} from truth.{name}; drop view truth.{name}"
            )

    def write_truth(self) -> None:
        """Write the truth of all chunks, sums per campaign and arm."""
        self._connection.execute(
            """
            create or replace table kept.campaign_effects as
            select campaign_id, arm, is_control, true_effect, sum(assigned)::bigint as assigned,
                sum(candidates)::bigint as candidates,
                sum(converting_anyway) / sum(candidates) as true_control_rate,
                (sum(converting_in_arm) - sum(converting_anyway)) / sum(candidates) as true_lift
            from kept.campaign_effects
            group by campaign_id, arm, is_control, true_effect
            """
        )
        for name, order in ORDER_OF_TRUTH.items():
            self._copy(
                f"from kept.{name} order by {order}", self._folder / TRUTH / f"{name}.parquet"
            )

    def _write(self, table: RawTable, part: int) -> None:
        """Good rows in key order, the broken ones after them."""
        columns = ", ".join(
            f"{column.name}::{self._type(table, column.name, column.data_type)} as {column.name}"
            for column in table.columns
        )
        order = "" if table.name in IN_KEY_ORDER else f"order by {', '.join(table.key)}"
        self._connection.execute(
            f"create or replace table work.good as"
            f" select {columns} from shop.{table.name} {order};"
            "create or replace table work.broken as from work.good limit 0"
        )
        self._break(table)
        file = self._folder / f"{table.name}.parquet"
        if part and self._in_parts:
            file = self._folder / table.name / f"part-{part:04}.parquet"
            file.parent.mkdir(exist_ok=True)
        rows = self._copy("from work.good union all from work.broken", file)
        self.rows[table.name] = self.rows.get(table.name, 0) + rows

    def _type(self, table: RawTable, column: str, data_type: str) -> str:
        return "varchar" if column in self._text_columns.get(table.name, ()) else data_type

    def _break(self, table: RawTable) -> None:
        damages = broken.damages().get(table.name, ())
        if damages:
            self._connection.execute(broken.chosen_rows(table.name))
        for number in range(len(damages)):
            self._connection.execute(
                f"insert into work.broken {broken.damaged_rows(table, number)};"
                f"insert into kept.broken_rows {broken.record(table, number)}"
            )

    def _copy(self, select: str, file: Path) -> int:
        [(rows,)] = self._connection.execute(
            f"copy ({select}) to {quoted(file)} (format parquet, compression zstd)"
        ).fetchall()
        return int(rows)

    def _tables(self, schema: str) -> list[str]:
        found = self._connection.execute(
            "select table_name from information_schema.tables where table_schema = ? order by table_name",
            [schema],
        ).fetchall()
        return [name for (name,) in found]


def quoted(path: Path) -> str:
    """The path as an SQL text."""
    return "'" + str(path).replace("'", "''") + "'"
