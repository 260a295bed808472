"""The as-of day of a run: given, left out, misspelt."""

from datetime import UTC, date, datetime

import pytest

from audiences.errors import InputError
from orchestration.settings import load_settings

STARTED = datetime(2026, 4, 1, 0, 30, tzinfo=UTC)


def test_the_day_is_yesterday_unless_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PERENNIAL_AS_OF", raising=False)
    assert load_settings(started=STARTED).as_of == date(2026, 3, 31)
    assert load_settings("2026-03-01", STARTED).as_of == date(2026, 3, 1)
    assert load_settings("2026-04-01", STARTED).as_of == date(2026, 4, 1)


@pytest.mark.parametrize("day", ["2026-04-02", "2062-03-31"])
def test_a_day_after_today_is_refused(day: str) -> None:
    with pytest.raises(InputError, match=f"as-of day {day} is after today, 2026-04-01"):
        load_settings(day, STARTED)


def test_what_is_no_day_is_refused() -> None:
    with pytest.raises(InputError, match="is not a date"):
        load_settings("31.03.2026", STARTED)
