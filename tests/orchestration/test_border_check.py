"""The check of the raw tables on small folders: what passes, what stops a run and with which words."""

import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pytest

from audiences.errors import WorkError
from orchestration.border.check import check_raw
from orchestration.border.result import CheckResult, Fault, TableResult, stop_if_broken
from orchestration.cli.main import run
from tests.conftest import Place, make_place

SECRET = "marker@example.com"
CUSTOMERS = "customer_id,created_at,email\n" + "".join(
    f"c{number},2026-01-01 00:00:00,{SECRET}\n" for number in range(1, 201)
)
ORDERS_HEADER = "order_id,customer_id,ordered_at,status,gross_amount,coupon_code\n"
GOOD_ORDERS = "".join(
    f"o{number},c{number},2026-02-01 00:00:00,completed,10,{SECRET}\n" for number in range(1, 197)
)
ITEMS_HEADER = "order_id,line_number,product_id,quantity,unit_price_amount\n"


@pytest.fixture(scope="module")
def one_place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """One set of folders for all tests: dbt parses the project anew when they change."""
    return make_place(tmp_path_factory.mktemp("check"), date(2026, 3, 31))


@pytest.fixture
def place(one_place: Place) -> Place:
    for folder in (one_place.settings.raw_dir, one_place.settings.site_dir):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    return one_place


@pytest.fixture
def raw(place: Place) -> Path:
    folder = place.settings.raw_dir
    (folder / "customers.csv").write_text(CUSTOMERS)
    (folder / "orders.csv").write_text(ORDERS_HEADER + GOOD_ORDERS)
    return folder


def find(result: CheckResult, table: str) -> TableResult:
    [found] = [each for each in result.tables if each.table == table]
    return found


def report_text(result: CheckResult) -> str:
    return "".join(page.read_text() for page in result.report.parent.rglob("*.html"))


def test_two_tables_are_enough(place: Place, raw: Path) -> None:
    result = check_raw(place.settings)
    assert result.passed
    assert [(each.table, each.rows, each.bad_rows) for each in result.tables] == [
        ("customers", 200, 0),
        ("orders", 196, 0),
    ]
    assert "events" in result.absent
    assert result.report == place.settings.site_dir / "data_docs" / "index.html"
    assert "orders" in report_text(result)


def test_few_broken_rows_pass_and_are_all_named(place: Place, raw: Path) -> None:
    with (raw / "orders.csv").open("a") as orders:
        orders.write(f"negative,c1,2026-02-01,completed,-1,{SECRET}\n")
        orders.write(f"later,c1,2026-04-01,completed,-1,{SECRET}\n")
        orders.write(f"o1,c1,2026-02-02,pending,10,{SECRET}\n" * 3)
    result = check_raw(place.settings)
    orders_result = find(result, "orders")
    assert (orders_result.rows, orders_result.bad_rows, orders_result.duplicate_rows) == (200, 1, 3)
    assert orders_result.faults == (Fault("gross_amount", "out_of_range", 1, ("negative",)),)
    assert orders_result.passed
    assert SECRET not in report_text(result)


def test_a_row_with_two_faults_is_one_bad_row(place: Place, raw: Path) -> None:
    with (raw / "orders.csv").open("a") as orders:
        orders.write("twice,c1,2024-13-45,shipped,10,\n")
    result = find(check_raw(place.settings), "orders")
    assert result.bad_rows == 1
    assert [(fault.column, fault.reason, fault.rows) for fault in result.faults] == [
        ("ordered_at", "bad_type", 1),
        ("status", "not_in_enum", 1),
    ]


def test_unknown_columns_are_named(place: Place, raw: Path) -> None:
    (raw / "products.csv").write_text("product_id,shoe_size\np1,42\n")
    assert find(check_raw(place.settings), "products").unknown_columns == ("shoe_size",)


def test_a_table_with_a_header_only_is_empty(place: Place, raw: Path) -> None:
    (raw / "orders.csv").write_text(ORDERS_HEADER)
    result = check_raw(place.settings)
    assert (find(result, "orders").rows, result.passed) == (0, True)


def test_parquet_with_its_own_types_passes(place: Place, raw: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"""
            copy (
                select 'o' || number as order_id, 1::integer as line_number, number as product_id,
                       2.0::double as quantity, 5.25::double as unit_price_amount
                from range(10) as numbers(number)
            ) to '{raw}/order_items.parquet' (format parquet)
        """)
    items = find(check_raw(place.settings), "order_items")
    assert (items.rows, items.bad_rows) == (10, 0)


@pytest.mark.parametrize(
    ("table", "text", "said"),
    [
        pytest.param(
            "orders",
            ORDERS_HEADER
            + GOOD_ORDERS
            + "".join(f"x{number},c1,2024-13-45,completed,1,{SECRET}\n" for number in range(4)),
            "raw table orders: 4 of 200 rows (2.0%) are broken, more than the allowed 1.0%; "
            "column ordered_at: 4 of 200 rows bad_type, for example order_id x0, x1, x2",
            id="no such date",
        ),
        pytest.param(
            "order_items",
            ITEMS_HEADER + "o1,1,p1,-2,5\no1,2,p1,1,5\n",
            "column quantity: 1 of 2 rows out_of_range, for example order_id|line_number o1|1",
            id="negative quantity",
        ),
        pytest.param(
            "orders",
            ORDERS_HEADER + f",c1,2026-02-01,completed,1,{SECRET}\n",
            "column order_id: 1 of 1 rows missing_required, for example order_id (empty)",
            id="no key",
        ),
        pytest.param(
            "survey_responses",
            "response_id,survey,score,responded_at,comment\n" + f"r1,nps,11,2026-01-01,{SECRET}\n",
            "column score: 1 of 1 rows out_of_range, for example response_id r1",
            id="rule over two columns",
        ),
    ],
)
def test_too_many_broken_rows_stop_the_run(
    place: Place, raw: Path, table: str, text: str, said: str
) -> None:
    (raw / f"{table}.csv").write_text(text)
    result = check_raw(place.settings)
    assert not result.passed
    with pytest.raises(WorkError) as stopped:
        stop_if_broken(result)
    assert said in stopped.value.problem
    assert SECRET not in stopped.value.problem + report_text(result)


def cut_short(raw: Path) -> None:
    (raw / "orders.csv").unlink()
    with duckdb.connect() as connection:
        connection.execute(f"copy (select 1 as a) to '{raw}/orders.parquet' (format parquet)")
    whole = (raw / "orders.parquet").read_bytes()
    (raw / "orders.parquet").write_bytes(whole[:-10])


def too_many_fields(raw: Path) -> None:
    filler = "".join(f"e{number},2026-01-01,view\n" for number in range(60_000))
    row = f"e,2026-01-01,view,{SECRET}\n"
    (raw / "events.csv").write_text("event_id,occurred_at,event_name\n" + filler + row)


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        pytest.param(
            lambda raw: (raw / "orders.csv").unlink(),
            "raw table orders is missing from ",
            id="required table missing",
        ),
        pytest.param(
            cut_short, "orders.parquet cannot be read as Parquet", id="unreadable Parquet"
        ),
        pytest.param(
            lambda raw: (raw / "orders.csv").write_text(f"id,mail\n1,{SECRET}\n"),
            "raw table orders has no column order_id; its columns are: id, mail",
            id="wrong header",
        ),
        pytest.param(
            lambda raw: (raw / "orders.csv").write_text(""),
            "orders.csv is empty (0 bytes)",
            id="empty file",
        ),
        pytest.param(
            lambda raw: (raw / "events.parquet").write_text(""),
            "events.parquet is empty (0 bytes)",
            id="empty optional file",
        ),
        pytest.param(
            too_many_fields, "events.csv, line 60002, cannot be read", id="row with extra fields"
        ),
    ],
)
def test_what_cannot_be_read_is_named(
    place: Place, raw: Path, break_it: Callable[[Path], object], said: str
) -> None:
    break_it(raw)
    with pytest.raises(WorkError) as refused:
        check_raw(place.settings)
    assert said in refused.value.problem
    assert refused.value.fix
    assert SECRET not in refused.value.problem
    assert not (place.settings.site_dir / "data_docs").exists()


def test_the_command_prints_the_result_and_fails_on_broken_tables(
    place: Place, raw: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for name, value in place.settings.environment().items():
        monkeypatch.setenv(name, value)
    assert run(["check"]) == 0
    printed = capfd.readouterr()
    assert "orders" in printed.out
    assert printed.err == ""

    (raw / "reviews.csv").write_text(
        "review_id,customer_id,rating,reviewed_at\nr1,c1,6,2026-01-01\n"
    )
    assert run(["check", "--json"]) == 1
    printed = capfd.readouterr()
    document = json.loads(printed.out)
    [reviews] = [table for table in document["tables"] if table["table"] == "reviews"]
    assert (reviews["bad_rows"], reviews["passed"], document["passed"]) == (1, False, False)
    assert printed.err.startswith("error: raw table reviews: 1 of 1 rows (100.0%) are broken")
    assert printed.err.count("\n") == 2
