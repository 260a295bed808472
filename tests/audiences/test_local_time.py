"""Local time held against Python's zoneinfo: every day of a year, the changes of clocks included, in every zone."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import duckdb
import pytest

from tests.statistics.sql import render

YEAR = 2026
CHANGES = [
    ("America/New_York", "2026-03-08 02:30", "2026-03-08 07:30"),  # left out
    ("America/New_York", "2026-11-01 01:30", "2026-11-01 05:30"),  # comes twice
    ("Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-03 15:45"),  # half an hour left out
    ("Australia/Lord_Howe", "2026-04-05 01:45", "2026-04-04 14:45"),  # half an hour twice
    ("Asia/Kathmandu", "2026-03-08 09:00", "2026-03-08 03:15"),
    ("America/St_Johns", "2026-03-08 02:30", "2026-03-08 06:00"),
    ("Pacific/Auckland", "2026-09-27 02:30", "2026-09-26 14:30"),
]
LOCAL_TO_UTC = render(
    "select zone, at_local, {{ to_utc('at_local', 'zone') }} as at_utc from asked"
)
UTC_TO_LOCAL = render(
    "select zone, at_utc, {{ to_local('at_utc', 'zone') }} as at_local from asked"
)


def ask(
    query: str, column: str, asked: list[tuple[str, datetime]]
) -> list[tuple[str, datetime, datetime]]:
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"create table asked (zone varchar, {column} timestamp)")
        zones, instants = zip(*asked, strict=True)
        connection.execute(
            "insert into asked select unnest($zones), unnest($instants)",
            {"zones": list(zones), "instants": list(instants)},
        )
        return connection.execute(query).fetchall()


def utc_of(zone: str, local: datetime) -> datetime:
    """What Python says; fold 0 is the first of two, and the time before where one is left out."""
    return local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).replace(tzinfo=None)


def local_of(zone: str, instant: datetime) -> datetime:
    return instant.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)


@pytest.mark.parametrize(("zone", "local", "expected"), CHANGES)
def test_changes_of_clocks(zone: str, local: str, expected: str) -> None:
    [(_, _, at_utc)] = ask(LOCAL_TO_UTC, "at_local", [(zone, datetime.fromisoformat(local))])
    assert at_utc == datetime.fromisoformat(expected) == utc_of(zone, datetime.fromisoformat(local))


def test_every_zone_and_every_change_of_its_clock_in_a_year() -> None:
    """Where engine and Python were built with the same rules of a zone, which we cannot see to."""
    known = {name for (name,) in duckdb.sql("select name from pg_timezone_names()").fetchall()}
    zones = sorted(zone for zone in known & available_timezones() if "/" in zone)
    days = [datetime(YEAR, 1, 1) + timedelta(days=day) for day in range(366)]
    expected = {zone: [local_of(zone, day) for day in days] for zone in zones}
    told = ask(UTC_TO_LOCAL, "at_utc", [(zone, day) for zone in zones for day in days])
    differing = {zone for zone, day, local in told if expected[zone][(day - days[0]).days] != local}
    assert len(differing) < 0.05 * len(zones)

    clock = [timedelta(hours=hour, minutes=minute) for hour in range(4) for minute in (0, 30)]
    asked = [
        (zone, days[number + offset].replace(hour=0) + time)
        for zone in zones
        if zone not in differing
        for number in range(1, 365)
        if expected[zone][number + 1] - expected[zone][number] != timedelta(days=1)
        for offset in (0, 1)
        for time in (*clock, timedelta(hours=9), timedelta(hours=20))
    ]
    assert len(asked) > 3_000
    wrong = [row for row in ask(LOCAL_TO_UTC, "at_local", asked) if row[2] != utc_of(*row[:2])]
    assert wrong == []


SCRIPT = """
import json, sys, duckdb
print(json.dumps([str(row) for row in duckdb.sql(sys.stdin.read()).fetchall()]))
"""


def test_the_machine_s_own_zone_does_not_matter() -> None:
    asked = " union all ".join(
        f"select '{zone}' as zone, timestamp '{local}' as at_local" for zone, local, _ in CHANGES
    )
    query = f"with asked as ({asked}) {LOCAL_TO_UTC}"
    answers = [
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            input=query,
            env={**os.environ, "TZ": zone},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for zone in ("UTC", "Asia/Tokyo", "America/Los_Angeles")
    ]
    assert len(set(answers)) == 1
    assert len(json.loads(answers[0])) == len(CHANGES)
