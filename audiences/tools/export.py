"""An audience as a file for a person: CSV that a spreadsheet cannot be tricked with, or Parquet.

Like a delivery it leaves out who was forgotten or took consent back since the run.
"""

import os
from pathlib import Path

import duckdb

from audiences.erasures import load_forgotten
from audiences.errors import InputError, WorkError
from audiences.unfinished import beside
from audiences.warehouse import RUN_FIRST, has_table, open_warehouse

# DuckDB itself would write beside the file and rename, which loses the mode.
FORMATS = {
    ".csv": "(format csv, header, use_tmp_file false)",
    ".parquet": "(format parquet, use_tmp_file false)",
}
FORMULA = '^([\\t\\r\\n]|[\\pZ"]*[=+\\-@\uff1d\uff0b\uff0d\uff20])'  # after spaces and quotes, and full-width
NUMBER = "^[+-]?[0-9]+([.,][0-9]+)?$"


def export(warehouse: Path, state_dir: Path, audience: str, target: Path) -> int:
    """Write the current deliverable members of an audience; the file's ending says how, its owner alone may read it.

    In CSV, text that a spreadsheet would run as a formula gets an apostrophe in front; a number
    as text, such as +4930123456, is none.

    Args:
        warehouse: The warehouse file.
        state_dir: The state folder, which knows who was forgotten.
        audience: Name of the audience.
        target: The file to write; it appears whole or not at all.

    Returns:
        How many people were written.

    Raises:
        InputError: The file cannot be written or its ending is unknown.
        WorkError: The warehouse or the audience is not there.
    """
    if target.suffix not in FORMATS:
        raise InputError(f"{target.name}: no such format", "end the name in .csv or .parquet")
    if not target.parent.is_dir():
        raise InputError(f"{target}: its folder does not exist", "create the folder first")
    unfinished = beside(target)
    with open_warehouse(warehouse) as connection:
        _check_current(connection, audience)
        load_forgotten(connection, state_dir, f'select customer_id from audiences."{audience}"')
        connection.execute(BLOCKED, {"audience": audience})
        query = _query(connection, audience, target.suffix)
        try:
            unfinished.touch(mode=0o600)
            connection.execute(
                f"copy ({query}) to '{_quoted(unfinished)}' {FORMATS[target.suffix]}"
            )
        except (OSError, duckdb.IOException):
            raise InputError(f"{target} cannot be written", "choose another place") from None
        counted = connection.execute(f"select count(*) from ({query})").fetchone()
    os.replace(unfinished, target)
    return int(counted[0]) if counted else 0


BLOCKED = """
    create temp table blocked as
    select customer_id, channel, reason from audiences.current_blocks
    where purpose = (select purpose from audiences.audience_settings where audience = $audience)
"""


def _check_current(connection: duckdb.DuckDBPyConnection, audience: str) -> None:
    """The table of an audience whose definition was deleted stays in the warehouse as it was."""
    known = "select 1 from audiences.audience_settings where audience = ?"
    if (
        not has_table(connection, "audiences", audience)
        or not connection.execute(known, [audience]).fetchone()
    ):
        raise WorkError(f"audience {audience} is not in the warehouse", RUN_FIRST)


def _query(connection: duckdb.DuckDBPyConnection, audience: str, ending: str) -> str:
    columns = connection.execute(
        """
        select column_name, data_type from information_schema.columns
        where table_schema = 'audiences' and table_name = ? order by ordinal_position
        """,
        [audience],
    ).fetchall()
    selected = ", ".join(
        harmless(name) if ending == ".csv" and kind == "VARCHAR" else f'"{name}"'
        for name, kind in columns
    )
    return f"""
        select {selected} from audiences."{audience}" as members
        where customer_id not in (from forgotten) and not exists (
            from blocked where blocked.customer_id = members.customer_id
                and (blocked.reason = 'erased' or blocked.channel = members.contact_channel)
        )
        order by customer_id
    """


def harmless(column: str) -> str:
    """A column of text as SQL, with an apostrophe before what a spreadsheet would run as a formula."""
    quoted = f'"{column}"'
    test = f"regexp_matches({quoted}, '{FORMULA}') and not regexp_matches({quoted}, '{NUMBER}')"
    return f"case when {test} then '''' || {quoted} else {quoted} end as {quoted}"


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
