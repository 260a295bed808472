"""The mapping template: written from the contract, runs with nothing but DuckDB, never overwrites."""

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from audiences.errors import InputError
from orchestration.border.contract import RawTable, load_contract
from orchestration.raw_init import table_sql, write_template

CONTRACT = {table.name: table for table in load_contract()}


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(folder / "run.py"), *arguments],
        capture_output=True, text=True, check=False, cwd=folder,
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A template over a shop of two CSV exports."""
    folder = tmp_path / "mapping"
    write_template(folder)
    for file in folder.glob("*.sql"):
        if file.stem not in {"sources", "customers", "orders"}:
            file.unlink()
    (folder / "exports").mkdir()
    (folder / "exports" / "people.csv").write_text(
        "id,since,mail\n1,2026-01-02 10:00:00,a@example.com\n"
    )
    (folder / "exports" / "sales.csv").write_text(
        "no,who,placed,total\n7,1,2026-01-03 11:00:00,12.50\n"
    )
    (folder / "sources.sql").write_text(
        "create schema shop;"
        "create view shop.customers as from read_csv('exports/people.csv', all_varchar = true);"
        "create view shop.orders as from read_csv('exports/sales.csv', all_varchar = true);"
    )
    (folder / "customers.sql").write_text(
        "-- mine\nselect id as customer_id, since as created_at, mail as email,\nfrom shop.customers\n;\n"
    )
    (folder / "orders.sql").write_text(
        "select no as order_id, who as customer_id, placed as ordered_at, 'completed' as status,"
        " total as gross_amount from shop.orders -- all of them"
    )
    return folder


@pytest.mark.parametrize("table", CONTRACT.values(), ids=CONTRACT)
def test_each_select_gives_the_columns_of_the_contract(table: RawTable) -> None:
    columns = ", ".join(f"{column.name} {column.data_type}" for column in table.columns)
    with duckdb.connect() as connection:
        connection.execute(f"create schema shop; create table shop.{table.name} ({columns})")
        described = connection.execute(f"describe {table_sql(table)}").fetchall()
    assert [row[0] for row in described] == [column.name for column in table.columns]


def test_the_comments_say_what_the_contract_says() -> None:
    sql = table_sql(CONTRACT["orders"])
    assert "-- orders (required)" in sql
    [status] = [line for line in sql.splitlines() if " as status," in line]
    assert (
        "varchar, required, one of completed pending cancelled refunded: State of the order."
        in status
    )
    [rating] = [
        line for line in table_sql(CONTRACT["reviews"]).splitlines() if "as rating," in line
    ]
    assert "bigint, required, at least 1, at most 5: Stars." in rating


def test_an_edited_template_writes_the_raw_tables(folder: Path, tmp_path: Path) -> None:
    done = run(folder, str(tmp_path / "raw"))
    assert (done.returncode, done.stdout) == (0, "customers: 1 rows\norders: 1 rows\n")
    assert {path.name for path in (tmp_path / "raw").iterdir()} == {
        "customers.parquet",
        "orders.parquet",
    }
    orders = duckdb.sql(f"from '{tmp_path}/raw/orders.parquet'").fetchall()
    assert orders == [("7", "1", "2026-01-03 11:00:00", "completed", "12.50")]


def test_one_table_alone(folder: Path, tmp_path: Path) -> None:
    assert run(folder, str(tmp_path / "raw"), "orders").stdout == "orders: 1 rows\n"
    assert not (tmp_path / "raw" / "customers.parquet").exists()


def test_a_failing_table_is_named_without_its_data(folder: Path, tmp_path: Path) -> None:
    raw = str(tmp_path / "raw")
    run(folder, raw)
    (folder / "customers.sql").write_text("select mail::integer as customer_id from shop.customers")
    failed = run(folder, raw)
    assert failed.returncode == 1
    assert failed.stderr == "error: customers.sql: ConversionException\n"
    assert duckdb.sql(f"select count(*) from '{raw}/customers.parquet'").fetchall() == [(1,)]
    assert len(list(Path(raw).iterdir())) == 2
    (folder / "customers.sql").write_text("select nothing from shop.nowhere")
    assert "nowhere does not exist" in run(folder, raw).stderr


def test_without_a_raw_folder_it_says_how(folder: Path) -> None:
    done = run(folder)
    assert done.returncode == 2
    assert "Usage:" in done.stderr


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "orders.sql").write_text("mine")
    with pytest.raises(InputError, match=r"orders\.sql"):
        write_template(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["orders.sql"]
