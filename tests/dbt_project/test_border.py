"""What the border does to raw files, through a real dbt build of staging, quarantine and reconciliation."""

from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest

from orchestration.border.check import check_raw
from tests.conftest import Place, make_place

CUSTOMERS = """customer_id,created_at,country,shoe_size
c1,2026-01-01 00:00:00,DE,42
c2,2026-01-02 00:00:00,TR,39
"""
ORDERS = """\
order_id,customer_id,ordered_at,updated_at,status,gross_amount,refunded_amount,refunded_at,cancelled_at,currency
plain,c1,2026-03-01 10:00:00,,completed,10.50,,,,EUR
offset,c1,2026-04-01T01:30:00+02:00,,completed,10,,,,EUR
last_second,c1,2026-03-31 23:59:59,,completed,10,,,,EUR
tomorrow,c1,2026-04-01 00:00:00,,completed,10,,,,EUR
tomorrow_broken,c1,2026-04-02 00:00:00,,completed,-1,,,,EUR
refund_known,c2,2026-03-01 00:00:00,,refunded,10,4,2026-03-02 00:00:00,,EUR
refund_later,c2,2026-03-01 00:00:00,,refunded,10,4,2026-04-02 00:00:00,,EUR
cancel_later,c2,2026-03-01 00:00:00,,cancelled,10,,,2026-04-02 00:00:00,EUR
cancel_undated,c2,2026-03-01 00:00:00,,cancelled,10,,,,EUR
twice,c1,2026-03-01 00:00:00,2026-03-01 00:00:00,pending,10,,,,EUR
twice,c1,2026-03-01 00:00:00,2026-03-05 00:00:00,completed,11,,,,EUR
twice,c1,2026-03-01 00:00:00,2026-04-05 00:00:00,cancelled,12,,,2026-03-06 00:00:00,EUR
no_month_13,c1,2024-13-45,,completed,10,,,,EUR
negative,c1,2026-03-01 00:00:00,,completed,-1,,,,EUR
wrong_status,c1,2026-03-01 00:00:00,,shipped,10,,,,EUR
,c1,2026-03-01 00:00:00,,completed,10,,,,EUR
nobody,,2026-03-01 00:00:00,,completed,10,,,,EUR
orphan,c99,2026-03-01 00:00:00,,completed,10,,,,EUR
rated,c1,2026-03-01 00:00:00,,completed,10,,,,USD
too_early_for_a_rate,c1,2026-01-01 00:00:00,,completed,10,,,,USD
no_rate,c1,2026-03-01 00:00:00,,completed,10,,,,TRY
"""
RATES = "rate_date,currency,rate_to_base\n2026-02-01,USD,0.9\n"


@pytest.fixture(scope="module")
def border(tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = make_place(tmp_path_factory.mktemp("border"), date(2026, 3, 31))
    raw = place.settings.raw_dir
    (raw / "customers.csv").write_text(CUSTOMERS)
    (raw / "orders.csv").write_text(ORDERS)
    (raw / "exchange_rates.csv").write_text(RATES)
    _write_items(raw / "order_items")
    finished = place.dbt(
        "build",
        "--quiet",
        "--indirect-selection",
        "cautious",
        "--select",
        "+rpt_source_reconciliation",
    )
    assert finished.returncode == 0, finished.stdout
    return place


def _write_items(folder: Path) -> None:
    """Two Parquet files of other types and other columns than the contract's."""
    folder.mkdir()
    with duckdb.connect() as connection:
        connection.execute(f"""
            copy (select 'plain' as order_id, 1::integer as line_number, 7::bigint as product_id,
                  2.0::double as quantity, 5.25::double as unit_price_amount) to '{folder}/a.parquet' (format parquet)
        """)
        connection.execute(f"""
            copy (select 'plain' as order_id, '2' as line_number, '8' as product_id, '1.5' as quantity,
                  '0' as unit_price_amount, 'x' as gift_note) to '{folder}/b.parquet' (format parquet)
        """)


def test_staged_orders_are_those_known_on_the_day(border: Place) -> None:
    staged = border.rows("""
        select order_id, status, gross_amount, refunded_amount, refunded_at is not null, cancelled_at is not null
        from staging.stg_shop__orders order by order_id
    """)
    assert {row[0]: (row[1], float(row[2]), *row[3:]) for row in staged} == {
        "plain": ("completed", 10.5, None, False, False),
        "offset": ("completed", 10.0, None, False, False),
        "last_second": ("completed", 10.0, None, False, False),
        "refund_known": ("refunded", 10.0, 4, True, False),
        "refund_later": ("completed", 10.0, None, False, False),
        "cancel_later": ("completed", 10.0, None, False, False),
        "cancel_undated": ("cancelled", 10.0, None, False, False),
        "twice": ("completed", 11.0, None, False, False),
        "orphan": ("completed", 10.0, None, False, False),
        "rated": ("completed", 10.0, None, False, False),
    }


def test_an_offset_is_turned_into_utc(border: Place) -> None:
    query = "select ordered_at from staging.stg_shop__orders where order_id = 'offset'"
    assert border.rows(query) == [(datetime(2026, 3, 31, 23, 30),)]


def test_every_other_row_is_in_quarantine_with_its_reason(border: Place) -> None:
    rows = border.rows("select row_key, reason, reason_column from quarantine.orders")
    assert sorted(rows, key=str) == sorted(
        [
            ("no_month_13", "bad_type", "ordered_at"),
            ("negative", "out_of_range", "gross_amount"),
            ("wrong_status", "not_in_enum", "status"),
            ("", "missing_required", "order_id"),
            ("nobody", "missing_required", "customer_id"),
            ("twice", "duplicate_key", None),
            ("twice", "duplicate_key", None),
            ("too_early_for_a_rate", "missing_required", "exchange_rates.rate_to_base"),
            ("no_rate", "missing_required", "exchange_rates.rate_to_base"),
        ],
        key=str,
    )


def test_quarantine_keeps_what_was_read(border: Place) -> None:
    query = "select ordered_at, gross_amount from quarantine.orders where row_key = 'no_month_13'"
    assert border.rows(query) == [("2024-13-45", "10")]


def test_the_counts_add_up(border: Place) -> None:
    query = (
        "select * from monitoring.rpt_source_reconciliation where rows_read > 0 order by table_name"
    )
    assert border.rows(query) == [
        ("customers", 2, 2, 0, 0),
        ("exchange_rates", 1, 1, 0, 0),
        ("order_items", 2, 1, 1, 0),
        ("orders", 21, 10, 9, 2),
    ]


def test_a_folder_of_parquet_files_may_differ_in_types_and_columns(border: Place) -> None:
    assert border.rows("select product_id, quantity from staging.stg_shop__order_items") == [
        ("7", 2)
    ]
    assert border.rows("select reason, reason_column from quarantine.order_items") == [
        ("bad_type", "quantity")
    ]


def test_unknown_columns_are_named_and_kept_out(border: Place) -> None:
    query = "select table_name, column_name from raw.unread_columns order by all"
    assert border.rows(query) == [("customers", "shoe_size"), ("order_items", "gift_note")]


def test_the_check_finds_what_quarantine_holds(border: Place) -> None:
    result = check_raw(border.settings)
    found = {
        (table.table, fault.reason, fault.column): fault.rows
        for table in result.tables
        for fault in table.faults
    } | {
        (t.table, "duplicate_key", None): t.duplicate_rows
        for t in result.tables
        if t.duplicate_rows
    }
    held = {
        (table.table, reason, column): rows
        for table in result.tables
        for reason, column, rows in border.rows(f"""
            select reason, reason_column, count(*) from quarantine.{table.table}
            where reason_column is distinct from 'exchange_rates.rate_to_base'
            group by reason, reason_column
        """)
    }
    assert found == held


@pytest.mark.parametrize(
    ("files", "complaint"),
    [
        ({"customers.csv": CUSTOMERS}, "raw table orders is missing"),
        (
            {"customers.csv": CUSTOMERS, "orders.csv": "id,ordered_at\n1,2026-01-01\n"},
            "raw table orders has no column order_id; its columns are: id, ordered_at",
        ),
        (
            {"customers.csv": CUSTOMERS, "orders.csv": ORDERS, "orders/a.parquet": ""},
            "raw table orders is there more than once",
        ),
    ],
)
def test_dbt_alone_says_what_is_wrong_with_the_folder(
    place: Place, files: dict[str, str], complaint: str
) -> None:
    for name, text in files.items():
        target = place.settings.raw_dir / name
        target.parent.mkdir(exist_ok=True)
        target.write_text(text)
    finished = place.dbt(
        "build", "--indirect-selection", "cautious", "--select", "stg_shop__customers"
    )
    assert finished.returncode != 0
    assert complaint in finished.stdout.replace("\n", " ")
