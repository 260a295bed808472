"""Whom the raw table of erasures asks to forget: whatever day the run is as of, and with no more than an id."""

from datetime import date
from pathlib import Path

import duckdb

from audiences.erasures import load_forgotten, tombstones
from orchestration.erasure_requests import honour_requests
from tests.conftest import make_place

PEOPLE = ("of_the_day", "after_the_day", "without_day", "of_no_day", "of_another_age", "stays")
REQUESTS = """\
customer_id,requested_at
of_the_day,2026-03-01
 after_the_day ,2026-04-15
without_day,
of_no_day,last week
of_another_age,2999-01-01
,2026-03-01
"""


def test_an_id_is_enough_whatever_the_day(tmp_path: Path) -> None:
    settings = make_place(tmp_path, date(2026, 3, 31)).settings
    customers = "".join(f"{person},2026-01-01\n" for person in PEOPLE)
    (settings.raw_dir / "customers.csv").write_text("customer_id,created_at\n" + customers)
    (settings.raw_dir / "orders.csv").write_text(
        "order_id,customer_id,ordered_at,status,gross_amount\n"
    )
    (settings.raw_dir / "erasures.csv").write_text(REQUESTS)
    assert honour_requests(settings) == 4
    with duckdb.connect() as connection:
        people = ", ".join(f"('{person}')" for person in PEOPLE)
        load_forgotten(
            connection, settings.state_dir, f"select * from (values {people}) as p(customer_id)"
        )
        forgotten = connection.sql("select customer_id from forgotten").fetchall()
    assert {person for (person,) in forgotten} == set(PEOPLE[:4])
    assert honour_requests(settings) == 0
    assert len(tombstones(settings.state_dir)) == 4
