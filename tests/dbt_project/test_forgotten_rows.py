"""Rows that name a forgotten person are not read, however the id is spelt and whatever is wrong with the row."""

from datetime import datetime

import duckdb
import pytest

from audiences.erasures import bury
from tests.conftest import Place

CUSTOMERS = """\
customer_id,created_at
7,2024-01-01 00:00:00
 7 ,2024-01-01 00:00:00
8,2024-01-01 00:00:00
7,not a day
,2024-01-01 00:00:00
"""
REFERRALS = """\
referral_id,referrer_customer_id,referee_customer_id,invited_at
came,8,7,2024-01-01 00:00:00
invited,7,8,2024-01-01 00:00:00
neither,8,9,2024-01-01 00:00:00
"""
ERASURES = """\
customer_id,requested_at
7,2024-01-01 00:00:00
8,2999-01-01 00:00:00
 8 ,
9,some day
"""
MODELS = (
    "stg_shop__customers",
    "quarantine__customers",
    "stg_shop__referrals",
    "stg_shop__reviews",
    "stg_shop__erasures_uncut",
)


@pytest.mark.slow
def test_no_row_names_a_forgotten_person(place: Place) -> None:
    raw = place.settings.raw_dir
    (raw / "customers.csv").write_text(CUSTOMERS)
    (raw / "referrals.csv").write_text(REFERRALS)
    (raw / "erasures.csv").write_text(ERASURES)
    (raw / "orders.csv").write_text("order_id,customer_id,ordered_at,status,gross_amount\n")
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            copy (
                select id as review_id, id as customer_id, 5 as rating, timestamp '2024-01-01' as reviewed_at
                from range(7, 9) as ids(id)
            ) to '{raw}/reviews.parquet' (format parquet)
            """
        )
    bury(place.settings.state_dir, ["7"], datetime(2026, 4, 1))
    finished = place.dbt("run", "--select", *MODELS)
    assert finished.returncode == 0, finished.stdout
    assert place.rows("select customer_id from staging.stg_shop__customers") == [("8",)]
    assert place.rows("select reason from quarantine.customers") == [("missing_required",)]
    assert place.rows("select referral_id from staging.stg_shop__referrals") == [("neither",)]
    assert place.rows("select customer_id from staging.stg_shop__reviews") == [("8",)]
    assert place.rows("select count(*) from raw.erasures_known") == [(1,)]
    asked = place.rows("select customer_id from staging.stg_shop__erasures_uncut order by all")
    assert asked == [("8",), ("9",)]  # an id is enough, and no day is too late
