"""The audience commands as a person runs them, on two invented audiences and a small warehouse."""

import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestration import settings as places
from orchestration.cli.main import run
from tests.audiences.conftest import EXPERIMENT, SMALLEST
from tests.audiences.days import DAY, PEOPLE, define, permission, traits
from tests.audiences.dbt_sql import House, render_models

BUYERS = (
    SMALLEST.replace("everybody", "buyers").replace("[email]", "[email, push]")
    + "exclude: { column: country, eq: XX }\n"
    + EXPERIMENT
)
ANALYSED = SMALLEST.replace("{ channels: [email] }", "none")


PASS = {"buyers": "pass", "everybody": "pass"}


@dataclass(frozen=True)
class Project:
    """Definitions and a warehouse, and what the commands print about them."""

    folder: Path
    capture: pytest.CaptureFixture[str]

    def run(self, *words: str) -> tuple[int, str, str]:
        """Run `perennial audiences`: its exit code, what it prints, and what it prints as errors."""
        code = run(["audiences", *words])
        printed = self.capture.readouterr()
        return code, printed.out, printed.err

    def text(self, *words: str) -> str:
        """What a command prints that succeeds."""
        code, out, err = self.run(*words)
        assert code == 0, err
        return out

    def json(self, *words: str) -> Any:
        """What it prints with --json."""
        return json.loads(self.text(*words, "--json"))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three days: all buy, two stop on the second, and the third brings one of them back."""
    folder = tmp_path_factory.mktemp("project")
    house = House(render_models(tmp_path_factory.mktemp("dbt")))
    (folder / "definitions").mkdir()
    define(house, folder / "definitions", buyers=BUYERS, everybody=ANALYSED)
    house.fill("activation.contact_permissions", [permission(person) for person in PEOPLE])
    for day, gone in enumerate(((), ("c0", "c1"), ("c1",))):
        as_of = DAY + timedelta(days=day)
        counts = {person: 0 if person in gone else 2 for person in PEOPLE}
        house.fill(
            "activation.customer_traits",
            [traits(person, as_of_date=as_of, order_count=counts[person]) for person in PEOPLE],
        )
        house.run_day(as_of, PASS)
    for table, column in (
        ("customer_traits", "value_tier varchar"),
        ("contact_permissions", "since date"),
    ):
        house.warehouse.execute(f"alter table activation.{table} add column if not exists {column}")
    house.warehouse.execute(f"attach '{folder / 'warehouse.duckdb'}' as saved")
    house.warehouse.execute("copy from database memory to saved")
    house.warehouse.execute("detach saved")
    return folder


@pytest.fixture
def project(
    built: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Project:
    monkeypatch.setattr(places, "DEFINITIONS", built / "definitions")
    monkeypatch.setenv("PERENNIAL_WAREHOUSE", str(built / "warehouse.duckdb"))
    monkeypatch.setenv("PERENNIAL_STATE_DIR", str(built / "state"))
    monkeypatch.setenv("PERENNIAL_AS_OF", "2026-03-03")
    return Project(built, capsys)


def test_list(project: Project) -> None:
    buyers, everybody = project.json("list")
    assert buyers["delivered"] + buyers["withheld"] == len(PEOPLE) - 1
    assert buyers["reach"] == {"email": buyers["delivered"]}
    assert (everybody["change"], everybody["verdict"], everybody["last_delivered"]) == (
        1,
        "pass",
        None,
    )
    printed = project.text("list")
    assert "buyers" in printed
    assert "held out" in printed


def test_preview(project: Project) -> None:
    seen = project.json("preview", "buyers")
    assert seen["waterfall"]["base"] == len(PEOPLE)
    assert seen["waterfall"]["not_matched"] == 1
    assert [rule["left"] for rule in seen["rules"]] == [len(PEOPLE) - 1] * 2
    assert [pair["other"] for pair in seen["overlaps"]] == ["everybody"]
    printed = project.text("preview", "buyers")
    assert "kept out by it alone" in printed
    assert "@example" not in printed


def test_explain(project: Project) -> None:
    found = project.json("explain", "buyers", "c1")
    assert found["disposition"] == "not_matched"
    assert found["decided_by"] == "order_count at least 1: does not hold (order_count 0)"
    assert found["membership"]["exit_reason"] == "rule"
    printed = project.text("explain", "buyers", "c0")
    assert "order_count at least 1" in printed
    assert "entry 2 on 2026-03-03" in printed
    assert "the person is not known" in project.text("explain", "buyers", "c99")


def test_diff(project: Project) -> None:
    found = project.json("diff", "everybody", "--since", "2026-03-01", "--rows", "9")
    assert (found["size_then"], found["entered"], found["left"], found["net"]) == (12, 1, 2, -1)
    assert {row["why"] for row in found["reasons"]} == {"came back", "rule"}
    assert {row["customer_id"] for row in found["people"]} == {"***"}
    assert "in it on 2026-03-03" in project.text("diff", "buyers", "--since", "2026-03-01")


def test_overlap(project: Project) -> None:
    [pair] = project.json("overlap", "--of", "everybody")
    assert (pair["audience"], pair["other"]) == ("everybody", "buyers")
    assert pair["in_both"] == len(PEOPLE) - 1
    assert "100%" in project.text("overlap")


def test_history_and_export(project: Project) -> None:
    assert [day["left"] for day in project.json("history", "everybody")] == [0, 2, 0]
    target = project.folder / "out.csv"
    assert "11 people" in project.text("export", "everybody", "--out", str(target))
    assert len(target.read_text().splitlines()) == len(PEOPLE)


def test_validate_and_new_salt(project: Project) -> None:
    told = project.json("validate")
    assert (told["valid"], told["problems"]) == (2, [])
    [warning] = told["warnings"]  # no time zone is in the seed of this house
    assert (warning["code"], warning["file"]) == ("AUD306", "buyers.yml")
    assert "buyers, no problem" in project.text("validate", "buyers")
    first, second = (project.text("new-salt").strip() for _ in range(2))
    assert len(first) == 16
    assert int(first, 16) != int(second, 16)


WRONG = [
    (("preview", "byers"), 2, "there is no audience 'byers'", "did you mean `buyers`?"),
    (("explain", "byers", "c1"), 2, "there is no audience 'byers'", "`buyers`?"),
    (("diff", "byers", "--since", "2026-03-01"), 2, "there is no audience 'byers'", "`buyers`?"),
    (("overlap", "--of", "byers"), 2, "there is no audience 'byers'", "`buyers`?"),
    (("history", "everbody"), 2, "there is no audience 'everbody'", "`everybody`?"),
    (("export", "everbody"), 2, "there is no audience 'everbody'", "`everybody`?"),
    (("validate", "byers"), 2, "there is no audience 'byers'", "`buyers`?"),
    (("test", "byers"), 2, "there is no audience 'byers'", "`buyers`?"),
    (("diff", "buyers", "--since", "soon"), 2, "'soon' is not a day", "YYYY-MM-DD"),
    (("diff", "buyers", "--since", "2026-03-09"), 2, "is after the last run", "2026-03-03"),
]


@pytest.mark.parametrize(("words", "code", "says", "fix"), WRONG)
def test_errors_say_what_and_how_to_mend_it(
    project: Project, words: tuple[str, ...], code: int, says: str, fix: str
) -> None:
    found, out, err = project.run(*words)
    assert (found, out) == (code, "")
    problem, mend = err.splitlines()
    assert says in problem
    assert fix in mend
