"""What was pulled from the tools is a part of the raw table message_events, with or without a file of one's own."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.border.check import check_raw
from tests.conftest import Place

CUSTOMERS = "customer_id,created_at\n7,2024-01-01 00:00:00\n8,2024-01-01 00:00:00\n"
OWN = """\
message_event_id,message_id,customer_id,channel,event,occurred_at,is_machine
own,m1,7,email,opened,2026-03-01 10:00:00,true
klaviyo:E1,m1,7,email,opened,2026-03-01 10:00:00,false
broken,m1,7,pigeon,opened,2026-03-01 10:00:00,
"""
MODELS = (
    "stg_shop__message_events",
    "stg_shop__message_events_uncut",
    "quarantine__message_events",
)
STAGED = """
select message_event_id, customer_id, event, is_machine, occurred_at
from staging.stg_shop__message_events order by all
"""
MARCH = datetime(2026, 3, 1, 10)
SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("message_event_id", "message_id", "customer_id")]
    + [(name, pa.string()) for name in ("campaign_id", "channel", "event")]
    + [("occurred_at", pa.timestamp("us")), ("is_machine", pa.bool_()), ("url", pa.string())]
)


def pulled(event_id: str, event: str, moment: datetime = MARCH, **more: Any) -> dict[str, Any]:
    row = {"message_event_id": event_id, "message_id": "m1", "customer_id": "7"}
    return row | {"channel": "email", "event": event, "occurred_at": moment} | more


def keep(state: Path, name: str, *rows: dict[str, Any]) -> None:
    folder = state / "message_events" / "as_of=2026-03-31"
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(list(rows), SCHEMA), folder / name)


@pytest.fixture
def shop(place: Place) -> Place:
    raw = place.settings.raw_dir
    (raw / "customers.csv").write_text(CUSTOMERS)
    (raw / "orders.csv").write_text("order_id,customer_id,ordered_at,status,gross_amount\n")
    return place


def stage(place: Place) -> list[tuple[Any, ...]]:
    finished = place.dbt("run", "--quiet", "--select", *MODELS)
    assert finished.returncode == 0, finished.stdout
    return place.rows(STAGED)


@pytest.mark.slow
def test_pulled_rows_are_raw_rows(shop: Place) -> None:
    state = shop.settings.state_dir
    assert stage(shop) == []
    tomorrow = datetime(2026, 4, 1, 1)
    keep(
        state,
        "klaviyo-1__a.parquet",
        pulled("klaviyo:E1", "opened", is_machine=False),
        pulled("klaviyo:E2", "unsubscribed"),
        pulled("klaviyo:E3", "unsubscribed", tomorrow, customer_id="8"),
    )
    alone = [
        ("klaviyo:E1", "7", "opened", False, MARCH),
        ("klaviyo:E2", "7", "unsubscribed", None, MARCH),
    ]
    assert stage(shop) == alone
    assert "message_events" not in check_raw(shop.settings).absent

    (shop.settings.raw_dir / "message_events.csv").write_text(OWN)
    assert stage(shop) == [*alone, ("own", "7", "opened", True, MARCH)]
    quarantined = shop.rows("select reason, count(*) from quarantine.message_events group by all")
    assert set(quarantined) == {("not_in_enum", 1), ("duplicate_key", 1)}
    [checked] = [one for one in check_raw(shop.settings).tables if one.table == "message_events"]
    assert (checked.rows, checked.bad_rows, checked.duplicate_rows) == (5, 1, 1)

    # A block counts at once: the views read what is pulled later without a new run, and whatever the day.
    keep(state, "klaviyo-1__b.parquet", pulled("klaviyo:E4", "complained"))
    uncut = "select message_event_id from staging.stg_shop__message_events_uncut order by all"
    ids = ["klaviyo:E1", "klaviyo:E2", "klaviyo:E3", "klaviyo:E4", "own"]
    assert shop.rows(uncut) == [(one,) for one in ids]
