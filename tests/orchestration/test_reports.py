"""`perennial sync pull`: counts only, and who has an address by the warehouse."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
import yaml

from orchestration import reports
from orchestration.cli.main import run
from reverse_etl.simulators.klaviyo import KlaviyoSimulator
from tests.conftest import Place
from tests.reverse_etl.conftest import FILE
from tests.reverse_etl.test_klaviyo import DOCUMENT

KEY = "pk_of_the_reports"
Printed = pytest.CaptureFixture[str]


@pytest.fixture
def klaviyo() -> KlaviyoSimulator:
    klaviyo = KlaviyoSimulator(key=KEY)
    klaviyo.profiles = {
        "P1": {"email": "Ann@example.com"},
        "P2": {"external_id": "c2", "email": "bob@example.com"},
        "P3": {"email": "eve@example.com"},
    }
    for profile in klaviyo.profiles:
        klaviyo.events.add(profile, "Opened Email", datetime.now(UTC) - timedelta(days=1), {})
    return klaviyo


@pytest.fixture
def syncs(place: Place, klaviyo: KlaviyoSimulator, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = place.settings.warehouse.parent / "syncs"
    folder.mkdir()
    with duckdb.connect(str(place.settings.warehouse)) as warehouse:
        warehouse.execute(
            """
            create schema staging;
            create table staging.stg_shop__customers as
            select 'c1' as customer_id, ' ann@example.com' as email, null::varchar as phone
            """
        )
    for name, value in place.settings.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("KLAVIYO_KEY", KEY)
    monkeypatch.setattr(reports, "show_to_the_warehouse", lambda _settings: None)
    (folder / "people_to_file.yml").write_text(yaml.safe_dump(FILE))
    return folder


def write_sync(folder: Path, url: str, **keys: str) -> None:
    connection = {"api_key": "${KLAVIYO_KEY}", "list_id": "L1", "base_url": url}
    document = DOCUMENT | {"connection": connection} | keys
    (folder / "people_to_klaviyo.yml").write_text(yaml.safe_dump(document))


def perennial(folder: Path, *words: str) -> int:
    return run(["sync", "pull", *words, "--syncs", str(folder)])


def test_pull_says_counts_and_names_nobody(
    syncs: Path, klaviyo: KlaviyoSimulator, capfd: Printed
) -> None:
    with klaviyo:
        write_sync(syncs, klaviyo.url)
        assert perennial(syncs, "--json") == 0
        first = capfd.readouterr()
        assert perennial(syncs, "people_to_klaviyo") == 0
        again = capfd.readouterr()
    [pulled] = json.loads(first.out)
    assert (pulled["read"], pulled["new"], pulled["repeated"]) == (3, 2, 0)
    assert pulled["unplaced"] == {"of somebody who is not known": 1}
    assert "2 known before; not kept: 1 of somebody who is not known" in again.err
    assert not [word for word in ("example.com", KEY) if word in str(first) + str(again)]


def test_what_cannot_be_pulled_is_said(
    syncs: Path, klaviyo: KlaviyoSimulator, capfd: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KLAVIYO_KEY")
    write_sync(syncs, "http://127.0.0.1:9")
    assert perennial(syncs) == 1
    assert "were not pulled: people_to_klaviyo.yml: connection.api_key" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("name", "status", "problem"),
    [
        ("people_to_file", "active", "sync people_to_file: reports nothing back"),
        ("people_to_klaviyo", "paused", "sync people_to_klaviyo: is paused"),
    ],
)
def test_a_sync_that_cannot_be_pulled_is_refused(
    syncs: Path, capfd: Printed, name: str, status: str, problem: str
) -> None:
    write_sync(syncs, "http://127.0.0.1:9", status=status)
    assert perennial(syncs, name) == 2
    assert problem in capfd.readouterr().err


def test_where_nothing_reports_nothing_is_pulled(syncs: Path, capfd: Printed) -> None:
    assert perennial(syncs) == 0
    assert capfd.readouterr().out == "no active sync reports anything back\n"


def test_without_a_warehouse_nobody_is_known_by_address(place: Place) -> None:
    assert list(reports.people_of(place.settings)("email", ["ann@example.com"])) == []
