"""Looking at audiences in a warehouse: preview, history, sizes and export."""

from pathlib import Path

import duckdb
import pytest

from audiences.errors import InputError, WorkError
from audiences.export import export
from audiences.reports import Size, history, preview, sizes
from audiences.starter import write_start
from tests.audiences.conftest import LANGUAGE

TABLES = """
    create schema activation;
    create schema audiences;
    create table activation.customer_traits as
    select date '2026-03-01' as as_of_date, 'c' || n as customer_id, 'person' || n || '@example.com' as email,
        case when n = 0 then '=1+1' else 'Ada' end as first_name, if(n < 3, 'DE', null) as country,
        'active' as lifecycle_stage, -n as order_count
    from range(10) as numbers(n);
    create table audiences.audience_settings as select 'buyers' as audience;
    create table audiences.audience_dispositions as
    select 'buyers' as audience, customer_id, 'email' as contact_channel, 'message' as arm,
        if(order_count > -3, 'eligible', 'no_consent') as disposition
    from activation.customer_traits where order_count > -6;
    create table audiences.audience_memberships as
    select 'buyers' as audience, customer_id, timestamp '2026-03-01' as entered_at,
        if(order_count = 0, timestamp '2026-03-02', null) as exited_at, order_count > -2 as is_delivered
    from activation.customer_traits where order_count > -3;
    create table audiences.audience_runs as
    select date '2026-03-01' as as_of_date, 'buyers' as audience, 6 as matched, 3 as eligible, 0 as holdout,
        'pass' as verdict, null as reason;
    create table audiences.buyers as
    select * exclude (as_of_date) from activation.customer_traits where order_count > -3;
"""


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    file = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute(TABLES)
    return file


def test_the_waterfall_accounts_for_everybody(warehouse: Path) -> None:
    seen = preview(warehouse, "buyers", rows=2)
    assert seen.waterfall == [
        ("base", 10),
        ("not_matched", 4),
        ("no_consent", 3),
        ("eligible", 3),
    ]
    assert seen.by_country == [("(unknown)", 3, 0), ("DE", 3, 3)]
    assert len(seen.sample) == 2
    shown = str(seen.sample)
    assert "person" not in shown
    assert "example.com" not in shown


def test_history_has_a_row_a_day(warehouse: Path) -> None:
    first, second = history(warehouse, "buyers")
    assert (first["entered"], first["left"], first["verdict"]) == (3, 0, "pass")
    assert (second["entered"], second["left"], second["verdict"]) == (0, 1, None)
    with pytest.raises(WorkError, match="nothing is known"):
        history(warehouse, "nobody")


def test_sizes_count_the_withheld_apart(warehouse: Path, tmp_path: Path) -> None:
    assert sizes(warehouse) == {"buyers": Size(delivered=1, withheld=1)}
    assert sizes(tmp_path / "nothing.duckdb") == {}


def test_what_is_not_there_is_said(warehouse: Path, tmp_path: Path) -> None:
    with pytest.raises(WorkError, match=r"no warehouse nothing\.duckdb"):
        preview(tmp_path / "nothing.duckdb", "buyers")
    with pytest.raises(WorkError, match="audience nobody is not in the warehouse"):
        preview(warehouse, "nobody")
    (tmp_path / "broken.duckdb").write_text("no database" * 1000)
    with pytest.raises(WorkError, match=r"broken\.duckdb is not a warehouse"):
        preview(tmp_path / "broken.duckdb", "buyers")
    duckdb.connect(str(tmp_path / "empty.duckdb")).close()
    with pytest.raises(WorkError, match="no audiences to read yet"):
        preview(tmp_path / "empty.duckdb", "buyers")
    assert sizes(tmp_path / "empty.duckdb") == {}


def test_an_exported_csv_runs_no_formula(warehouse: Path, tmp_path: Path) -> None:
    target = tmp_path / "it's buyers.csv"
    assert export(warehouse, "buyers", target) == 3
    lines = target.read_text().splitlines()
    assert lines[0].startswith("customer_id,email,first_name")
    assert lines[1] == "c0,person0@example.com,'=1+1,DE,active,0"
    assert lines[2].endswith(",-1")
    assert list(tmp_path.glob(".*unfinished")) == []


def test_an_exported_parquet_holds_the_values_as_they_are(warehouse: Path, tmp_path: Path) -> None:
    target = tmp_path / "buyers.parquet"
    export(warehouse, "buyers", target)
    names = duckdb.read_parquet(str(target)).order("customer_id").project("first_name").fetchall()
    assert names == [("=1+1",), ("Ada",), ("Ada",)]


def test_exports_that_cannot_be_written(warehouse: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such format"):
        export(warehouse, "buyers", tmp_path / "buyers.xlsx")
    with pytest.raises(InputError, match="folder does not exist"):
        export(warehouse, "buyers", tmp_path / "nowhere" / "buyers.csv")
    with pytest.raises(WorkError, match="not in the warehouse"):
        export(warehouse, "nobody", tmp_path / "nobody.csv")


def test_a_new_definition_is_written_once(tmp_path: Path) -> None:
    file = write_start(tmp_path, "loyal_buyers", "newsletter")
    with pytest.raises(InputError, match=r"loyal_buyers\.yml exists already"):
        write_start(tmp_path, "loyal_buyers", "newsletter")
    with pytest.raises(InputError, match="reserved"):
        write_start(tmp_path, "audience_x", "newsletter")
    assert file.read_text().startswith("#")
    assert "newsletter" in LANGUAGE.purposes
