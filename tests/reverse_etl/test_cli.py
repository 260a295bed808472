"""`perennial sync …`: exit codes, two-line errors, one JSON document, nothing personal."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestration.cli.main import run
from reverse_etl.simulators.webhook import WebhookSimulator
from tests.reverse_etl.conftest import FILE, SECRET, WEBHOOK, Shop

Printed = pytest.CaptureFixture[str]


@pytest.fixture
def syncs(shop: Shop, receiver: WebhookSimulator, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of two syncs, with the settings of a whole installation around it."""
    folder = shop.root / "syncs"
    folder.mkdir()
    connections: dict[str, dict[str, Any]] = {
        "people_to_webhook": WEBHOOK
        | {"connection": {"base_url": receiver.url, "signing_secret": "${HOOK_SECRET}"}},
        "people_to_file": FILE
        | {"connection": {"path": "${PERENNIAL_DELIVERIES_DIR}"}, "status": "paused"},
    }
    for name, document in connections.items():
        (folder / f"{name}.yml").write_text(yaml.safe_dump(document, sort_keys=False))
    monkeypatch.setenv("PERENNIAL_WAREHOUSE", str(shop.path))
    monkeypatch.setenv("PERENNIAL_STATE_DIR", str(shop.root / "state"))
    monkeypatch.setenv("PERENNIAL_DELIVERIES_DIR", str(shop.root / "out"))
    monkeypatch.setenv("PERENNIAL_AS_OF", "2026-03-31")
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    return folder


def perennial(folder: Path, *words: str) -> int:
    return run(["sync", *words, "--syncs", str(folder)])


def test_list_plan_apply_status_log(shop: Shop, syncs: Path, capfd: Printed) -> None:
    shop.named("a", "b")
    documents = {}
    for words in (
        ("list",),
        ("plan", "people_to_webhook"),
        ("apply", "people_to_webhook"),
        ("status",),
        ("log", "people_to_webhook"),
    ):
        assert perennial(syncs, *words, "--json") == 0
        documents[words[0]] = json.loads(capfd.readouterr().out)
        assert perennial(syncs, *words) == 0
        assert "@example.com" not in str(documents) + capfd.readouterr().out
    assert [sync["name"] for sync in documents["list"]] == ["people_to_file", "people_to_webhook"]
    assert (documents["plan"]["planned"], documents["plan"]["requests"]) == (2, 1)
    assert (documents["apply"]["accepted"], documents["apply"]["exit_code"]) == (2, 0)
    assert documents["status"][1]["acknowledged"] == 2
    assert documents["log"]["runs"][-1]["status"] == "delivered"


def test_a_reviewed_plan_is_applied_or_refused(shop: Shop, syncs: Path, capfd: Printed) -> None:
    shop.named("a", "b")
    perennial(syncs, "plan", "people_to_webhook", "--json")
    plan_id = json.loads(capfd.readouterr().out)["plan_id"]
    shop.named("a")
    assert perennial(syncs, "apply", "people_to_webhook", "--plan-id", plan_id) == 1
    assert "rows that came: 0, went: 1, changed: 0" in capfd.readouterr().err
    shop.named("a", "b")
    assert perennial(syncs, "apply", "people_to_webhook", "--plan-id", plan_id) == 0


@pytest.mark.parametrize(
    ("words", "code", "problem"),
    [
        (("apply", "nobody"), 2, "there is no sync 'nobody'"),
        (("apply", "people_to_file"), 2, "people_to_file.yml: status: is 'paused'"),
        (("apply", "people_to_webhook", "--as-of", "2026-04-01"), 1, "stale_audience"),
        (("plan", "people_to_webhook", "--as-of", "yesterday"), 2, "'yesterday' is not a date"),
        (("log",), 2, "Missing argument"),
    ],
)
def test_errors_are_two_lines_and_an_exit_code(  # noqa: PLR0917
    shop: Shop, syncs: Path, capfd: Printed, words: tuple[str, ...], code: int, problem: str
) -> None:
    shop.named("a")
    assert perennial(syncs, *words) == code
    first, second = capfd.readouterr().err.strip().splitlines()
    assert first.startswith("error: ")
    assert problem in first
    assert second.startswith("fix:   ")


def test_retry_sends_rejected_rows_again(
    shop: Shop, syncs: Path, receiver: WebhookSimulator, capfd: Printed
) -> None:
    receiver.judge = lambda member: f"{member['email']} is no address"
    shop.named("a")
    assert perennial(syncs, "apply", "people_to_webhook") == 1
    assert perennial(syncs, "apply", "people_to_webhook") == 0
    assert perennial(syncs, "log", "people_to_webhook") == 0
    printed = capfd.readouterr()
    assert "(email) is no address" in printed.out
    assert "a@example.com" not in printed.out + printed.err
    receiver.judge = lambda _member: None
    assert perennial(syncs, "retry", "people_to_webhook", "--json") == 0
    assert json.loads(capfd.readouterr().out)["accepted"] == 1


def test_an_unset_secret_is_named_and_no_value_is_printed(
    shop: Shop, syncs: Path, capfd: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.named("a")
    monkeypatch.delenv("HOOK_SECRET")
    assert perennial(syncs, "apply", "people_to_webhook") == 2
    assert "${HOOK_SECRET} is not set" in capfd.readouterr().err
    monkeypatch.setenv("HOOK_SECRET", "hush")
    assert perennial(syncs, "apply", "people_to_webhook") == 2
    assert "hush" not in capfd.readouterr().err
