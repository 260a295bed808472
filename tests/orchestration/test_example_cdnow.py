"""The CDNOW example: the script on the real file."""

import runpy
from pathlib import Path

import duckdb
import pytest

from orchestration.settings import ROOT

EXAMPLE = ROOT / "examples" / "cdnow"
PURCHASES = ROOT.parent / "shared" / "data" / "cdnow" / "CDNOW_sample.txt"
prepare = runpy.run_path(str(EXAMPLE / "prepare.py"))["prepare"]


@pytest.mark.skipif(not PURCHASES.exists(), reason="the CDNOW purchases are not on this machine")
def test_the_real_purchases_become_raw_tables(tmp_path: Path) -> None:
    assert prepare(PURCHASES, tmp_path) == {"customers": 2357, "orders": 6919}
    orders = duckdb.read_parquet(str(tmp_path / "orders.parquet"))
    [facts] = orders.aggregate(
        "count(distinct order_id), min(ordered_at)::date::varchar, max(ordered_at)::date::varchar,"
        " round(sum(gross_amount))"
    ).fetchall()
    assert facts == (6919, "1997-01-01", "1998-06-30", 244092)


def test_two_purchases_on_one_day_are_two_orders(tmp_path: Path) -> None:
    file = tmp_path / "purchases.txt"
    file.write_text(" 00004 0001 19970101  2   29.33\r\n 00004 0001 19970101  1    9.00\r\n")
    assert prepare(file, tmp_path / "raw") == {"customers": 1, "orders": 2}
    orders = duckdb.read_parquet(str(tmp_path / "raw" / "orders.parquet"))
    assert orders.select("order_id").fetchall() == [("0001-1",), ("0001-2",)]


def test_the_script_stays_short() -> None:
    assert len((EXAMPLE / "prepare.py").read_text().splitlines()) <= 60
