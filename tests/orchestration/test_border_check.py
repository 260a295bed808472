"""The check of the raw tables on small folders: what passes, what stops a run and with which words."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
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
CUSTOMERS = "customer_id,created_at,email,shoe_size\n" + "".join(
    f"c{number},2026-01-01 00:00:00,{SECRET},42\n" for number in range(1, 201)
)
ORDERS_HEADER = "order_id,customer_id,ordered_at,status,gross_amount,coupon_code\n"
GOOD_ORDERS = "".join(
    f"o{number},c{number},2026-02-01 00:00:00,completed,10,{SECRET}\n" for number in range(1, 197)
)
A_FEW_BROKEN_ORDERS = f"""negative,c1,2026-02-01,completed,-1,{SECRET}
later,c1,2026-04-01,completed,-1,{SECRET}
o1,c1,2026-02-02,pending,10,{SECRET}
o1,c1,2026-02-03,pending,10,{SECRET}
o2,c1,2026-02-02,pending,10,{SECRET}
"""
BROKEN_TABLES = {
    "shipments": "shipment_id,order_id,promised_at\n"
    + "".join(f"s{number},o1,2024-13-45\n" for number in range(4))
    + "".join(f"good{number},o1,2026-01-01\n" for number in range(196)),
    "order_items": "order_id,line_number,product_id,quantity,unit_price_amount\n"
    "o1,1,p1,-2,5\no1,2,p1,1,5\n",
    "reviews": f"review_id,customer_id,rating,reviewed_at,title\n,c1,5,2026-01-01,{SECRET}\n",
    "survey_responses": f"response_id,survey,score,responded_at,comment\nr1,nps,11,2026-01-01,{SECRET}\n",
    "consents": "consent_event_id,customer_id,channel,purpose,status,occurred_at\n"
    "k1,c1,email,newsletter,yes,2026-13-45\n",
    "campaigns": "campaign_id,name,program,channel\n",
}


@pytest.fixture(scope="module")
def one_place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """One set of folders for all tests: dbt parses the project anew when they change."""
    return make_place(tmp_path_factory.mktemp("check"), date(2026, 3, 31))


def good_folder(place: Place) -> Path:
    for folder in (place.settings.raw_dir, place.settings.site_dir):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    raw = place.settings.raw_dir
    (raw / "customers.csv").write_text(CUSTOMERS)
    (raw / "orders.csv").write_text(ORDERS_HEADER + GOOD_ORDERS)
    return raw


@pytest.fixture
def raw(one_place: Place) -> Path:
    return good_folder(one_place)


@pytest.fixture(scope="module")
def checked(one_place: Place) -> CheckResult:
    """The result for a folder in which two tables are fine and most others are not."""
    raw = good_folder(one_place)
    with (raw / "orders.csv").open("a") as orders:
        orders.write(A_FEW_BROKEN_ORDERS)
    for table, text in BROKEN_TABLES.items():
        (raw / f"{table}.csv").write_text(text)
    with duckdb.connect() as connection:
        connection.execute(f"""
            copy (
                select 'a' || number as payment_attempt_id, number as order_id, 'card' as method,
                       timestamp '2026-01-01' as attempted_at, 'accepted' as status
                from range(10) as numbers(number)
            ) to '{raw}/payment_attempts.parquet' (format parquet)
        """)
    result = check_raw(one_place.settings)
    kept = one_place.settings.site_dir.parent / "kept"
    shutil.copytree(result.report.parent, kept)
    return replace(result, report=kept / "index.html")


def find(result: CheckResult, table: str) -> TableResult:
    [found] = [each for each in result.tables if each.table == table]
    return found


def test_few_broken_rows_pass_and_are_named(checked: CheckResult) -> None:
    orders = find(checked, "orders")
    assert (orders.rows, orders.bad_rows, orders.duplicate_rows) == (200, 1, 3)
    assert orders.faults == (Fault("gross_amount", "out_of_range", 1, ("negative",)),)
    assert orders.passed


def test_a_row_with_two_faults_is_one_bad_row(checked: CheckResult) -> None:
    consents = find(checked, "consents")
    assert consents.bad_rows == 1
    assert [(fault.column, fault.reason, fault.rows) for fault in consents.faults] == [
        ("occurred_at", "bad_type", 1),
        ("status", "not_in_enum", 1),
    ]


def test_unknown_columns_are_named(checked: CheckResult) -> None:
    assert find(checked, "customers").unknown_columns == ("shoe_size",)
    assert find(checked, "orders").unknown_columns == ()


def test_a_table_with_a_header_only_is_empty_and_passes(checked: CheckResult) -> None:
    campaigns = find(checked, "campaigns")
    assert (campaigns.rows, campaigns.bad_row_share, campaigns.passed) == (0, 0.0, True)


def test_parquet_with_its_own_types_passes(checked: CheckResult) -> None:
    attempts = find(checked, "payment_attempts")
    assert (attempts.rows, attempts.bad_rows) == (10, 0)


def test_tables_without_a_file_are_absent(checked: CheckResult) -> None:
    assert "events" in checked.absent
    assert {table.table for table in checked.tables}.isdisjoint(checked.absent)


def test_the_report_shows_every_table_and_nobody(checked: CheckResult) -> None:
    pages = {page.stem for page in checked.report.parent.rglob("validations/**/*.html")}
    assert pages == {f"duckdb-{table.table}" for table in checked.tables}
    text = "".join(page.read_text() for page in checked.report.parent.rglob("*.html"))
    assert "quantity is in its range." in text
    assert SECRET not in text


@pytest.mark.parametrize(
    ("table", "said"),
    [
        pytest.param(
            "shipments",
            "raw table shipments: 4 of 200 rows (2.0%) are broken, more than the allowed 1.0%; "
            "column promised_at: 4 of 200 rows bad_type, for example shipment_id s0, s1, s2",
            id="no such date",
        ),
        pytest.param(
            "order_items",
            "column quantity: 1 of 2 rows out_of_range, for example order_id|line_number o1|1",
            id="negative quantity",
        ),
        pytest.param(
            "reviews",
            "column review_id: 1 of 1 rows missing_required, for example review_id (empty)",
            id="no key",
        ),
        pytest.param(
            "survey_responses",
            "column score: 1 of 1 rows out_of_range, for example response_id r1",
            id="rule over two columns",
        ),
    ],
)
def test_too_many_broken_rows_stop_the_run(checked: CheckResult, table: str, said: str) -> None:
    with pytest.raises(WorkError) as stopped:
        stop_if_broken(replace(checked, tables=(find(checked, table),)))
    assert stopped.value.problem.endswith(said)
    assert SECRET not in stopped.value.problem


def test_of_several_broken_tables_the_worst_is_named(checked: CheckResult) -> None:
    assert not checked.passed
    with pytest.raises(WorkError, match=r"^raw table order_items: .*; 1 more tables fail$"):
        stop_if_broken(
            replace(checked, tables=(find(checked, "shipments"), find(checked, "order_items")))
        )


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
    one_place: Place, raw: Path, break_it: Callable[[Path], object], said: str
) -> None:
    break_it(raw)
    with pytest.raises(WorkError) as refused:
        check_raw(one_place.settings)
    assert said in refused.value.problem
    assert refused.value.fix
    assert SECRET not in refused.value.problem
    assert not (one_place.settings.site_dir / "data_docs").exists()


def test_the_command_fails_on_broken_tables_in_two_lines(
    one_place: Place,
    raw: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    for name, value in one_place.settings.environment().items():
        monkeypatch.setenv(name, value)
    (raw / "reviews.csv").write_text(
        "review_id,customer_id,rating,reviewed_at\nr1,c1,6,2026-01-01\n"
    )
    assert run(["check"]) == 1
    printed = capfd.readouterr()
    assert "out_of_range" in printed.out
    assert "data_docs" in printed.out
    assert printed.err.startswith("error: raw table reviews: 1 of 1 rows (100.0%) are broken")
    assert printed.err.count("\n") == 2


def test_two_tables_are_enough_in_any_time_zone(one_place: Place, raw: Path) -> None:
    with (raw / "orders.csv").open("a") as orders:
        orders.write("last,c1,2026-03-31 23:59:59,shipped,10,\n")
        orders.write("tomorrow,c1,2026-04-01 00:00:00,shipped,10,\n")
    finished = subprocess.run(
        [sys.executable, "-m", "orchestration.cli", "check", "--json"],
        env={**os.environ, **one_place.settings.environment(), "TZ": "America/New_York"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (finished.returncode, finished.stderr) == (0, "")
    document = json.loads(finished.stdout)
    assert [(each["table"], each["rows"], each["bad_rows"]) for each in document["tables"]] == [
        ("customers", 200, 0),
        ("orders", 197, 1),
    ]
    assert document["tables"][1]["faults"][0]["example_keys"] == ["last"]
    assert Path(document["report"]).is_file()
