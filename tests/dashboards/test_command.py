import re

import pytest

from orchestration.cli.main import run
from tests.dashboards.shop import write_warehouse


@pytest.fixture(autouse=True)
def _places(tmp_path, monkeypatch):
    monkeypatch.setenv("PERENNIAL_WAREHOUSE", str(tmp_path / "warehouse.duckdb"))
    monkeypatch.setenv("PERENNIAL_SITE_DIR", str(tmp_path / "site"))
    monkeypatch.setenv("PERENNIAL_AS_OF", "2026-03-15")


def test_build_says_what_it_built_and_how_heavy_it_is(tmp_path, capsys):
    write_warehouse(tmp_path / "warehouse.duckdb")
    assert run(["dashboard", "build"]) == 0
    said = capsys.readouterr().out
    assert str(tmp_path / "site" / "index.html") in said
    assert re.search(r"page \d+ kB, chart library \d+ kB", said)


@pytest.mark.parametrize("command", [["dashboard", "build"], ["dashboard", "serve"]])
def test_nothing_to_show_yet_is_two_lines_and_exit_1(command, capsys):
    assert run(command) == 1
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_a_wrong_day_is_exit_2(capsys):
    assert run(["dashboard", "build", "--as-of", "yesterday"]) == 2
