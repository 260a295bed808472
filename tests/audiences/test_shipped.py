"""The definitions that ship, and the commands that work on them."""

import json
from pathlib import Path

import pytest

from audiences.language.names import RESERVED_PREFIX, why_not_an_audience_name
from audiences.language.starter import write_start
from audiences.loader import check_definitions, check_file, load_definitions
from orchestration import settings as places
from orchestration.cli.main import run
from orchestration.compile import MODELS, audience_language, compile_audiences
from orchestration.settings import DEFINITIONS
from tests.audiences.conftest import SMALLEST


def test_they_are_sound_and_compiled() -> None:
    definitions, problems = check_definitions(DEFINITIONS, audience_language())
    assert problems == []
    assert {"new_customers_welcome", "at_risk_high_value", "churned_winback"} <= {
        one.audience for one in definitions
    }
    assert compile_audiences(check=True).is_none


def test_they_speak_english_and_turkish_and_test_what_they_promise() -> None:
    for one in load_definitions(DEFINITIONS):
        assert {"en", "tr"} <= one.label.keys()
        assert one.goal or not one.experiment
        for name in one.experiment.arms if one.experiment else ():
            assert why_not_an_audience_name(name) is None


def test_hand_written_models_keep_the_reserved_names() -> None:
    names = {file.stem for file in MODELS.glob("*.sql")}
    assert {name for name in names if not name.startswith(RESERVED_PREFIX)} == {"current_blocks"}


def test_the_starter_is_valid_for_every_purpose(tmp_path: Path) -> None:
    language = audience_language()
    for purpose in language.purposes:
        file = write_start(tmp_path, f"start_{purpose}", purpose)
        definition, problems = check_file(file, language)
        assert problems == []
        assert definition is not None
        assert definition.status == "draft"


@pytest.fixture
def definitions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "definitions"
    folder.mkdir()
    monkeypatch.setattr(places, "DEFINITIONS", folder)
    monkeypatch.setenv("PERENNIAL_WAREHOUSE", str(tmp_path / "nothing.duckdb"))
    return folder


def test_from_a_new_file_to_a_list(definitions: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["audiences", "new", "loyal_buyers", "--purpose", "newsletter"]) == 0
    assert run(["audiences", "validate"]) == 0
    assert "1 definitions, no problem" in capsys.readouterr().out
    assert run(["audiences", "list", "--json"]) == 0
    [listed] = json.loads(capsys.readouterr().out)
    assert (listed["audience"], listed["status"], listed["delivered"]) == (
        "loyal_buyers",
        "draft",
        None,
    )


def test_problems_are_named_with_their_fix(
    definitions: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (definitions / "everybody.yml").write_text("version: 1\ncolour: red\n")
    assert run(["audiences", "validate"]) == 2
    shown = capsys.readouterr().err
    assert "error: everybody.yml:2: AUD101 colour: unknown key `colour`" in shown
    assert "fix:   known here: audience, contact" in shown
    assert run(["audiences", "validate", "--json"]) == 2
    document = json.loads(capsys.readouterr().out)
    assert document["problems"][0]["line"] == 2


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["preview", "everybody"], 1, "perennial run"),
        (["history", "everybody"], 1, "perennial run"),
        (["export", "everybody"], 1, "perennial run"),
        (["preview", "everbody"], 2, "did you mean `everybody`?"),
        (["new", "audience_x"], 2, "reserved"),
        (["new", "fine", "--purpose", "newsleter"], 2, "did you mean `newsletter`?"),
        (["preview"], 2, "--help"),
    ],
)
def test_what_cannot_be_done_says_why(
    definitions: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    says: str,
) -> None:
    (definitions / "everybody.yml").write_text(SMALLEST)
    assert run(["audiences", *arguments]) == code
    assert says in capsys.readouterr().err
