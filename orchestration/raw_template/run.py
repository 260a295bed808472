"""Runs the mapping: every <table>.sql beside this file becomes <table>.parquet in the raw folder.

Usage: python run.py RAW_DIR [TABLE ...]
"""

import os
import sys
from pathlib import Path

import duckdb

HERE = Path(__file__).resolve().parent
SPEAKING = (
    duckdb.CatalogException,
    duckdb.BinderException,
    duckdb.ParserException,
    duckdb.IOException,
)


def main(arguments: list[str]) -> int:
    """Map the tables named, or all; stop at the first that fails, with what was there before left in place."""
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    raw_dir, tables = Path(arguments[0]), arguments[1:]
    raw_dir.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute((HERE / "sources.sql").read_text(encoding="utf-8"))
        for file in sorted(HERE.glob("*.sql")):
            if file.stem != "sources" and (not tables or file.stem in tables):
                try:
                    print(f"{file.stem}: {map_table(connection, file, raw_dir):,} rows")
                except duckdb.Error as error:
                    said = str(error) if isinstance(error, SPEAKING) else type(error).__name__
                    print(f"error: {file.name}: {said}", file=sys.stderr)
                    return 1
    return 0


def map_table(connection: duckdb.DuckDBPyConnection, file: Path, raw_dir: Path) -> int:
    """Write one table beside its place, then put it there; returns the number of rows."""
    select = file.read_text(encoding="utf-8").rstrip().removesuffix(";")
    unfinished = raw_dir / f".{file.stem}.unfinished"
    path = str(unfinished).replace("'", "''")
    try:
        [(rows,)] = connection.execute(
            f"copy (\n{select}\n) to '{path}' (format parquet)"
        ).fetchall()
        os.replace(unfinished, raw_dir / f"{file.stem}.parquet")
    finally:
        unfinished.unlink(missing_ok=True)
    return int(rows)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
