"""The audience commands as a person runs them: a project of two invented audiences, a small warehouse, a terminal."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestration.settings import ROOT
from tests.audiences.conftest import EXPERIMENT, SMALLEST
from tests.audiences.days import DAY, PEOPLE, define, permission, traits
from tests.audiences.dbt_sql import House, render_models

PACKAGES = ("audiences", "orchestration", "reverse_etl", "dashboards")
BUYERS = (
    SMALLEST.replace("everybody", "buyers").replace("[email]", "[email, push]")
    + "exclude: { column: country, eq: XX }\n"
    + EXPERIMENT
)
ANALYSED = SMALLEST.replace("{ channels: [email] }", "none")


@dataclass(frozen=True)
class Project:
    """A copy of the project with definitions and a warehouse of its own."""

    folder: Path
    warehouse: Path

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run `perennial audiences` in it."""
        return subprocess.run(
            [sys.executable, "-m", "orchestration.cli", "audiences", *words],
            cwd=self.folder,
            env={
                **os.environ,
                "PERENNIAL_WAREHOUSE": str(self.warehouse),
                "PERENNIAL_STATE_DIR": str(self.folder / "state"),
                "PERENNIAL_AS_OF": (DAY + timedelta(days=2)).isoformat(),
            },
            capture_output=True,
            text=True,
            check=False,
        )

    def json(self, *words: str) -> Any:
        """What a command prints with --json."""
        done = self.run(*words, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Three days: all buy, two stop on the second, and the third brings one of them back."""
    folder = tmp_path_factory.mktemp("project")
    left_out = shutil.ignore_patterns("target", "logs", "__pycache__", "definitions", "*.duckdb")
    for package in (*PACKAGES, "dbt_project"):
        shutil.copytree(ROOT / package, folder / package, ignore=left_out)
    house = House(render_models(tmp_path_factory.mktemp("dbt")))
    definitions = folder / "audiences" / "definitions"
    definitions.mkdir()
    define(house, definitions, buyers=BUYERS, everybody=ANALYSED)
    house.fill("activation.contact_permissions", [permission(person) for person in PEOPLE])
    for day, gone in enumerate(((), ("c0", "c1"), ("c1",))):
        as_of = DAY + timedelta(days=day)
        rows = [
            traits(person, as_of_date=as_of, order_count=0 if person in gone else 2)
            for person in PEOPLE
        ]
        house.fill("activation.customer_traits", rows)
        house.run_day(as_of, {"buyers": "pass", "everybody": "pass"})
    for column in ("value_tier varchar", "last_name varchar"):
        house.warehouse.execute(f"alter table activation.customer_traits add column {column}")
    house.warehouse.execute("alter table activation.contact_permissions add column since timestamp")
    warehouse = folder / "warehouse.duckdb"
    house.warehouse.execute(f"attach '{warehouse}' as saved")
    house.warehouse.execute("copy from database memory to saved")
    house.warehouse.execute("detach saved")
    return Project(folder, warehouse)


def test_list(project: Project) -> None:
    buyers, everybody = project.json("list")
    assert buyers["delivered"] + buyers["withheld"] == len(PEOPLE) - 1
    assert buyers["reach"] == {"email": buyers["delivered"]}
    assert (everybody["change"], everybody["verdict"], everybody["last_delivered"]) == (
        1,
        "pass",
        None,
    )
    printed = project.run("list").stdout
    assert "buyers" in printed
    assert "held out" in printed


def test_preview(project: Project) -> None:
    seen = project.json("preview", "buyers")
    assert seen["waterfall"]["base"] == len(PEOPLE)
    assert seen["waterfall"]["not_matched"] == 1
    assert [rule["left"] for rule in seen["rules"]] == [len(PEOPLE) - 1] * 2
    assert [pair["other"] for pair in seen["overlaps"]] == ["everybody"]
    printed = project.run("preview", "buyers").stdout
    assert "kept out by it alone" in printed
    assert "@example" not in printed


def test_explain(project: Project) -> None:
    found = project.json("explain", "buyers", "c1")
    assert found["disposition"] == "not_matched"
    assert found["decided_by"] == "order_count at least 1: does not hold (order_count 0)"
    assert found["membership"]["exit_reason"] == "rule"
    printed = project.run("explain", "buyers", "c0").stdout
    assert "order_count at least 1" in printed
    assert "entry 2 on 2026-03-03" in printed
    assert "the person is not known" in project.run("explain", "buyers", "c99").stdout


def test_diff(project: Project) -> None:
    found = project.json("diff", "everybody", "--since", "2026-03-01", "--rows", "9")
    assert (found["size_then"], found["entered"], found["left"], found["net"]) == (12, 1, 2, -1)
    assert {row["why"] for row in found["reasons"]} == {"came back", "rule"}
    assert {row["customer_id"] for row in found["people"]} == {"c0***", "c1***"}
    assert "in it on 2026-03-03" in project.run("diff", "buyers", "--since", "2026-03-01").stdout


def test_overlap(project: Project) -> None:
    [pair] = project.json("overlap", "--of", "everybody")
    assert (pair["audience"], pair["other"]) == ("everybody", "buyers")
    assert pair["in_both"] == len(PEOPLE) - 1
    assert "100%" in project.run("overlap").stdout


def test_history_and_export(project: Project) -> None:
    assert [day["left"] for day in project.json("history", "everybody")] == [0, 2, 0]
    target = project.folder / "out.csv"
    assert project.run("export", "everybody", "--out", str(target)).returncode == 0
    assert len(target.read_text().splitlines()) == len(PEOPLE)


def test_validate_and_new_salt(project: Project) -> None:
    assert project.json("validate") == {"valid": 2, "problems": [], "warnings": []}
    first, second = (project.run("new-salt").stdout.strip() for _ in range(2))
    assert len(first) == 16
    assert int(first, 16) != int(second, 16)


WRONG = [
    (("preview", "byers"), 2, "there is no audience 'byers'", "did you mean `buyers`?"),
    (("explain", "byers", "c1"), 2, "there is no audience 'byers'", "`buyers`?"),
    (("diff", "byers", "--since", "2026-03-01"), 2, "there is no audience 'byers'", "`buyers`?"),
    (("overlap", "--of", "byers"), 2, "there is no audience 'byers'", "`buyers`?"),
    (("history", "everbody"), 2, "there is no audience 'everbody'", "`everybody`?"),
    (("export", "everbody"), 2, "there is no audience 'everbody'", "`everybody`?"),
    (("test", "byers"), 2, "there is no audience 'byers'", "`buyers`?"),
    (("diff", "buyers", "--since", "soon"), 2, "'soon' is not a day", "YYYY-MM-DD"),
    (("diff", "buyers", "--since", "2026-03-09"), 2, "is after the last run", "2026-03-03"),
]


@pytest.mark.parametrize(("words", "code", "says", "fix"), WRONG)
def test_errors_say_what_and_how_to_mend_it(
    project: Project, words: tuple[str, ...], code: int, says: str, fix: str
) -> None:
    done = project.run(*words)
    assert (done.returncode, done.stdout) == (code, "")
    problem, mend = done.stderr.splitlines()
    assert says in problem
    assert fix in mend
