import os
from datetime import date
from itertools import pairwise

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiences.errors import WorkError
from dashboards.publish import KEEP, publish, withhold
from dashboards.registry import load_registry
from tests.dashboards.conftest import AS_OF
from tests.dashboards.shop import write_warehouse

REGISTRY = load_registry()
MINIMUM = REGISTRY.minimum_group("nps")


def nps_rows(countries: list[int], channels: list[int]) -> pa.Table:
    """One month of answers, counted per country, per channel and over everyone."""
    counts = [("all", "all", sum(countries))]
    counts += [("country", f"C{index}", count) for index, count in enumerate(countries)]
    counts += [("channel", f"K{index}", count) for index, count in enumerate(channels)]
    return pa.Table.from_pylist(
        [
            {
                "period_start": date(2026, 2, 1),
                "segment_kind": kind,
                "segment_value": value,
                "is_complete": True,
                "has_enough_answers": count >= MINIMUM,
                "responses": count,
                "promoters": count // 2,
                "passives": 0,
                "detractors": count - count // 2,
                "nps": 0.0,
                "nps_low": -50.0,
                "nps_high": 50.0,
            }
            for kind, value, count in counts
        ]
    )


def published(rows: pa.Table) -> dict[tuple[str, str], int | None]:
    return {
        (row["segment_kind"], row["segment_value"]): row["responses"]
        for row in withhold(REGISTRY, "nps", rows).to_pylist()
    }


def recoverable(cells: dict[tuple[str, str], int | None]) -> list[tuple[str, str]]:
    """Hidden cells that sums over the visible ones determine: the subtraction attack, complete."""
    hidden = [cell for cell, value in cells.items() if value is None]
    kinds = {kind for kind, _ in cells} - {"all"}
    sums = np.array(
        [
            [float(cell[0] == kind) - float(cell[0] == "all") for cell in hidden]
            for kind in sorted(kinds)
        ]
    ).reshape(len(kinds), len(hidden))
    rank = np.linalg.matrix_rank(sums) if hidden else 0
    units = np.eye(len(hidden))
    return [
        cell
        for cell, unit in zip(hidden, units, strict=True)
        if np.linalg.matrix_rank(np.vstack([sums, unit])) == rank
    ]


def test_the_next_smallest_sibling_hides_a_lone_small_group():
    cells = published(nps_rows([400, 60, 4], [464]))
    assert cells[("country", "C2")] is None  # too small
    assert cells[("country", "C1")] is None  # or 464 - 400 - 60 would give it away
    assert cells[("country", "C0")] == 400
    assert cells[("all", "all")] == cells[("channel", "K0")] == 464


def test_two_tiny_groups_are_not_published_as_their_sum():
    cells = published(nps_rows([400, 60, 3, 2], [465]))
    assert [cells[("country", f"C{index}")] for index in range(4)] == [400, None, None, None]


def test_groups_of_the_minimum_and_empty_groups_stay():
    cells = published(nps_rows([400, MINIMUM, 0], [400 + MINIMUM]))
    assert None not in cells.values()


def test_every_figure_of_a_withheld_row_is_null():
    rows = withhold(REGISTRY, "nps", nps_rows([4], [4])).to_pylist()
    columns = [metric.column for metric in REGISTRY.of_mart("nps")]
    assert all(row["is_withheld"] for row in rows)
    assert {row[column] for row in rows for column in columns} == {None}


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    countries=st.lists(st.integers(0, 40), min_size=1, max_size=7),
    cuts=st.lists(st.integers(0, 280), max_size=4),
)
def test_no_subtraction_recovers_a_small_group(countries, cuts):
    total = sum(countries)
    edges = [0, *sorted(min(cut, total) for cut in cuts), total]
    channels = [high - low for low, high in pairwise(edges)]
    cells = published(nps_rows(countries, channels))
    assert recoverable(cells) == []
    assert all(value is None or value == 0 or value >= MINIMUM for value in cells.values())
    hidden_sizes = [
        count for index, count in enumerate(countries) if cells[("country", f"C{index}")] is None
    ]
    if hidden_sizes and cells[("all", "all")] is not None:
        assert sum(hidden_sizes) >= MINIMUM


def test_only_registered_columns_are_published(site):
    registry = load_registry()
    for name, mart in registry.marts.items():
        columns = pq.read_schema(site / "published" / "current" / f"{name}.parquet").names
        metrics = [metric.column for metric in registry.of_mart(name)]
        assert columns == [*mart.keys, *mart.flags, "is_withheld", *metrics]


def test_a_publish_is_swapped_in_whole_and_old_versions_go(tmp_path):
    site = tmp_path / "site"
    versions = []
    for size in range(1, KEEP + 3):
        warehouse = write_warehouse(tmp_path / f"{size}.duckdb", customers=size)
        versions.append(publish(warehouse, site, AS_OF))
        assert (site / "published" / "current").resolve() == versions[-1]
    assert sorted(os.listdir(site / "published")) == sorted(
        ["current", *(version.name for version in versions[-KEEP:])]
    )


def test_the_same_data_is_published_under_the_same_name(tmp_path):
    warehouse = write_warehouse(tmp_path / "warehouse.duckdb")
    first = publish(warehouse, tmp_path / "one", AS_OF)
    second = publish(warehouse, tmp_path / "two", AS_OF)
    again = publish(warehouse, tmp_path / "two", AS_OF)
    assert first.name == second.name
    assert second == again
    for file in first.iterdir():
        assert file.read_bytes() == (second / file.name).read_bytes()


def test_the_warehouse_is_free_after_publishing(tmp_path):
    warehouse = write_warehouse(tmp_path / "warehouse.duckdb")
    publish(warehouse, tmp_path / "site", AS_OF)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create table written_afterwards as select 1 as one")


def test_no_warehouse_is_said_in_words(tmp_path):
    with pytest.raises(WorkError, match="no warehouse yet"):
        publish(tmp_path / "nothing.duckdb", tmp_path / "site", AS_OF)
