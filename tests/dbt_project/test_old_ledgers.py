"""Ledgers of before a column was added are read as they are: what was not written is null."""

from datetime import date, datetime

import pyarrow as pa
import pytest

from audiences.state import write_day
from tests.conftest import Place


@pytest.mark.slow
def test_a_column_that_came_later_is_null(place: Place) -> None:
    raw, day = place.settings.raw_dir, date(2026, 3, 1)
    (raw / "customers.csv").write_text("customer_id,created_at\n7,2024-01-01 00:00:00\n")
    (raw / "orders.csv").write_text("order_id,customer_id,ordered_at,status,gross_amount\n")
    row = {"experiment": "offer", "phase": 1, "customer_id": "7", "arm": "holdout", "slot": 5}
    row |= {"assigned_at": datetime(2026, 3, 1)}
    write_day(place.settings.state_dir, "assignments", day, pa.Table.from_pylist([row]))
    finished = place.dbt("run", "--select", "stg_state__assignments")
    assert finished.returncode == 0, finished.stdout
    seen = "select customer_id, arm, is_delivered, as_of_date from staging.stg_state__assignments"
    assert place.rows(seen) == [("7", "holdout", None, day)]
