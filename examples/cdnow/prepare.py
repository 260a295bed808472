"""Turns the CDNOW purchases into raw tables: python examples/cdnow/prepare.py CDNOW_sample.txt [RAW_DIR].

The file has no header; a line is: id in the full cohort, id in the sample, day, number of CDs, dollars.
"""

import sys
from pathlib import Path

import duckdb

RAW_DIR = Path(__file__).parent / "data" / "raw"

PURCHASES = """
    create table purchases as
    with lines as (
        select regexp_extract_all(unnest(string_split(trim(content), chr(10))), '[0-9.]+') as part
        from read_text(?)
    )
    select
        part[2] as customer_id,
        part[2] || '-' || row_number() over (partition by part[2] order by line_number) as order_id,
        strptime(part[3], '%Y%m%d') as ordered_at,
        part[5]::decimal(18, 2) as gross_amount
    from (select *, row_number() over () as line_number from lines)
    where len(part) > 0
"""
TABLES = {
    "customers": "select customer_id, min(ordered_at) as created_at from purchases group by customer_id",
    "orders": "select *, 'completed' as status, 'USD' as currency from purchases",
}


def prepare(file: Path, raw_dir: Path) -> dict[str, int]:
    """Write customers and orders as Parquet; returns the rows of each."""
    raw_dir.mkdir(parents=True, exist_ok=True)
    rows = {}
    with duckdb.connect() as connection:
        connection.execute(PURCHASES, [str(file)])
        for table, select in TABLES.items():
            to = str(raw_dir / f"{table}.parquet").replace("'", "''")
            copy = f"copy ({select} order by all) to '{to}' (format parquet)"
            [(rows[table],)] = connection.execute(copy).fetchall()
    return rows


if __name__ == "__main__":
    if len(sys.argv) < 2 or not Path(sys.argv[1]).is_file():
        sys.exit(f"{__doc__.splitlines()[0]}\nThe first argument must be the file of purchases.")
    target = Path(sys.argv[2]) if len(sys.argv) > 2 else RAW_DIR
    for name, count in prepare(Path(sys.argv[1]), target).items():
        print(f"{name}: {count:,} rows in {target}")
