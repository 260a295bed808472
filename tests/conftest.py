"""Shared fixtures: folders of one run, and dbt on them."""

import os
import secrets
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.dbt import DBT, environment
from orchestration.settings import DBT_PROJECT, Settings


@dataclass(frozen=True)
class Place:
    """The folders of one run and a way to ask its warehouse."""

    settings: Settings

    def dbt(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run dbt as an engineer would, from its folder, with a target folder of its own."""
        return subprocess.run(
            [str(DBT), *arguments],
            cwd=DBT_PROJECT,
            env={
                **environment(self.settings),
                "DBT_TARGET_PATH": str(self.settings.warehouse.parent / "target"),
                "DBT_LOG_PATH": str(self.settings.warehouse.parent / "logs"),
            },
            capture_output=True,
            text=True,
            check=False,
        )

    def rows(self, query: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query on the warehouse."""
        with duckdb.connect(str(self.settings.warehouse), read_only=True) as warehouse:
            return warehouse.execute(query, list(parameters)).fetchall()


def pytest_configure() -> None:
    """Draw the seed of the histories made up for syncs, before there are workers: they inherit it."""
    os.environ.setdefault("PERENNIAL_SEED", str(secrets.randbelow(2**32)))


def pytest_report_header() -> str:
    return f"histories of syncs: PERENNIAL_SEED={os.environ['PERENNIAL_SEED']} plays them again"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of a file in one process, for their fixtures, and all that run the pipeline, for dbt's target.

    Tests of several files that share what takes long to start name their group themselves.
    """
    for item in items:
        if item.get_closest_marker("xdist_group") is not None:
            continue
        runs_pipeline = item.get_closest_marker("pipeline") is not None
        group = "pipeline" if runs_pipeline else item.location[0]
        item.add_marker(pytest.mark.xdist_group(group))


def make_place(root: Path, as_of: date) -> Place:
    (root / "raw").mkdir(parents=True)
    return Place(
        Settings(
            raw_dir=root / "raw",
            warehouse=root / "warehouse.duckdb",
            state_dir=root / "state",
            site_dir=root / "site",
            deliveries_dir=root / "deliveries",
            target="duckdb",
            as_of=as_of,
        )
    )


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return make_place(tmp_path, date(2026, 3, 31))
