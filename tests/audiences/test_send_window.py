"""When members are written to, held against Python's zoneinfo: windows, quiet days, zones there are not."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import duckdb
import pytest

from audiences.language.send_window import DAYS, MARKET, PROFILE, SendWindow
from tests.statistics.sql import build

ZONES = [
    "UTC",
    "America/New_York",
    "America/St_Johns",
    "America/Los_Angeles",
    "Asia/Kathmandu",
    "Asia/Tokyo",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Europe/Istanbul",
    "Pacific/Auckland",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
]
WINDOWS = [
    SendWindow.model_validate(window)
    for window in (
        {},
        {"days": ["mon", "thu"], "local": {"from": "02:30", "to": "03:15"}},
        {"days": ["sun"], "local": {"from": "01:30", "to": "02:10"}, "if_past": "skip"},
        {"local": {"from": "06:00", "to": "10:00"}, "if_past": "skip"},
        {"local": {"from": "00:00", "to": "24:00"}, "quiet_calendar": "holidays_by_country"},
        {"days": ["fri"], "quiet_calendar": "holidays_by_country", "zone": ["Europe/Berlin"]},
    )
]
QUIET = {
    ("DE", date(2026, 4, 3)),
    ("DE", date(2026, 4, 10)),
    ("US", date(2026, 3, 8)),
    ("US", date(2026, 3, 9)),
}
SEND_DAYS = [date(2026, month, day) for month, day in (
    (3, 7), (3, 8), (3, 9), (3, 28), (3, 29), (4, 3), (4, 4), (4, 5), (9, 26), (9, 27), (10, 3),
    (10, 4), (10, 25), (10, 31), (11, 1), (11, 2), (12, 31),
)]  # fmt: skip


def at(zone: str, day: date, minute: int) -> datetime:
    """The instant of a local time; the first of two, and the time before where one is left out."""
    local = datetime.combine(day, time()) + timedelta(minutes=minute)
    return local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).replace(tzinfo=None)


def expected(window: SendWindow, zone: str, country: str, send_day: date) -> datetime | None:
    """The definition, day by day."""
    start = datetime.combine(send_day, time())
    opens, closes = window.local.minutes
    zone = window.fixed_zone or zone
    for offset in range(30):
        day = send_day + timedelta(days=offset)
        is_quiet = window.quiet_calendar is not None and (country, day) in QUIET
        if DAYS[day.weekday()] not in window.days or is_quiet:
            continue
        if at(zone, day, closes) > start:
            return max(start, at(zone, day, opens))
        if day == send_day and window.if_past == "skip":
            return None
    raise AssertionError("no open day")


@pytest.fixture(scope="module")
def warehouse() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:")
    connection.execute(
        "create table audience_send_windows (audience varchar, send_window varchar, weekdays varchar,"
        " opens_minute bigint, closes_minute bigint, asks_profile boolean, fixed_zone varchar,"
        " skips_past boolean, has_quiet_days boolean)"
    )
    for number, window in enumerate(WINDOWS):
        days = "".join(str(DAYS.index(day) + 1) for day in window.days)
        row = [
            f"a{number}", str(number), days, *window.local.minutes, PROFILE in window.zone,
            window.fixed_zone, window.if_past == "skip", window.quiet_calendar is not None,
        ]  # fmt: skip
        connection.execute(f"insert into audience_send_windows values ({', '.join('?' * 9)})", row)
    connection.execute("create table quiet_days (country varchar, quiet_on date)")
    connection.executemany("insert into quiet_days values (?, ?)", sorted(QUIET))
    connection.execute("create table customer_traits (timezone varchar, country varchar)")
    people = [(zone, country) for zone in ZONES for country in ("DE", "US", None)]
    connection.executemany("insert into customer_traits values (?, ?)", people)
    return connection


@pytest.mark.parametrize("send_day", SEND_DAYS, ids=str)
def test_every_zone_and_window(warehouse: duckdb.DuckDBPyConnection, send_day: date) -> None:
    warehouse.execute("drop table if exists audience_send_times")
    as_of = (send_day - timedelta(days=1)).isoformat()
    build(warehouse, "audience_send_times", as_of=as_of)
    found = {
        row[:3]: row[3]
        for row in warehouse.execute(
            "select send_window, timezone, country, send_at_utc from audience_send_times"
        ).fetchall()
    }
    assert all(
        instant is None or instant.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date() >= send_day
        for (number, zone, _), instant in found.items()
        if WINDOWS[int(number)].fixed_zone is None
    )
    assert found == {
        (str(number), zone, country): expected(window, zone, country, send_day)
        for number, window in enumerate(WINDOWS)
        for zone in ZONES
        for country in ("DE", "US", "")
    }


def test_windows_that_are_alike_are_one() -> None:
    keys = {window.key for window in WINDOWS}
    assert len(keys) == len(WINDOWS)
    same = SendWindow.model_validate({"days": [*reversed(DAYS)], "zone": [PROFILE, MARKET]})
    assert same.key == SendWindow().key
