"""The border finds exactly the rows that the sample broke."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from orchestration.border.check import check_raw
from orchestration.sample.command import write_sample
from orchestration.sample.generator import Shop
from orchestration.settings import load_settings

NEXT_DAY = datetime(2026, 7, 1, tzinfo=UTC)
pytestmark = pytest.mark.slow


def test_the_check_finds_the_broken_rows_and_no_others(tmp_path: Path) -> None:
    settings = replace(
        load_settings("2026-06-30", NEXT_DAY), raw_dir=tmp_path / "raw", site_dir=tmp_path / "site"
    )
    shop = Shop(customers=3000, months=12, seed=3, end=settings.as_of)
    write_sample(shop, settings.raw_dir, lambda done, step, steps: None)
    result = check_raw(settings)
    found = Counter(
        {
            (table.table, fault.column, fault.reason): fault.rows
            for table in result.tables
            for fault in table.faults
        }
    )
    truth = duckdb.read_parquet(str(settings.raw_dir / "_truth" / "broken_rows.parquet"))
    broken = Counter(
        row
        for row in truth.select("table_name, column_name, reason").fetchall()
        if row[2] != "duplicate_key"
    )
    assert result.passed
    assert found == broken
    duplicates = sum(table.duplicate_rows for table in result.tables)
    assert duplicates == len(truth.filter("reason = 'duplicate_key'").fetchall())
