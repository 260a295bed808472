"""A site built once from a small warehouse."""

from datetime import date
from pathlib import Path

import pytest

from dashboards.publish import publish
from dashboards.site import build_site
from tests.dashboards.shop import write_warehouse

AS_OF = date(2026, 3, 15)


def build(folder: Path, **shop: float | bool) -> Path:
    """The site folder built from a shop, see `write_warehouse`."""
    publish(write_warehouse(folder / "warehouse.duckdb", **shop), folder / "site", AS_OF)
    build_site(folder / "site")
    return folder / "site"


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="session")
def site_without_answers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("orders_only"), with_nps=False)
