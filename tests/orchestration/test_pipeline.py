"""The whole pipeline through the command line: rerun, rebuild, replay, plain dbt, and the smallest input."""

import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml

from orchestration.settings import ROOT
from tests.conftest import Place, make_place

pytestmark = [pytest.mark.slow, pytest.mark.pipeline]

LAST_DAY = date(2026, 3, 31)
SCHEMAS = (
    "staging",
    "quarantine",
    "core",
    "lifecycle",
    "value",
    "feedback",
    "engagement",
    "campaigns",
    "loyalty",
    "products",
    "activation",
    "audiences",
    "monitoring",
)


def perennial(place: Place, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "orchestration.cli", *arguments],
        cwd=ROOT,
        env=os.environ | place.settings.environment(),
        capture_output=True,
        text=True,
        check=False,
    )


def run(place: Place, *arguments: str) -> str:
    finished = perennial(place, "run", *arguments)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert finished.stderr == ""
    return finished.stdout


def tables(place: Place) -> list[str]:
    rows = place.rows("""
        select table_schema || '.' || table_name from information_schema.tables
        where table_type = 'BASE TABLE' order by all
    """)
    return [name for (name,) in rows if name.split(".")[0] in SCHEMAS]


def fingerprints(place: Place, names: Sequence[str] | None = None) -> dict[str, tuple[object, ...]]:
    """Row count and a digest of the rows of every table, whatever their order."""
    digest = "select count(*), md5(string_agg(md5(row), '' order by md5(row)))"
    return {
        name: place.rows(f"{digest} from (select cast(t as varchar) as row from {name} as t)")[0]
        for name in names or tables(place)
    }


def files(folder: Path) -> dict[str, int]:
    return {
        str(path.relative_to(folder)): path.stat().st_mtime_ns
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A small generated shop, run once for its last day."""
    place = make_place(tmp_path_factory.mktemp("shop"), LAST_DAY)
    sampled = perennial(
        place,
        "sample",
        *("--customers", "700", "--months", "12", "--end", LAST_DAY.isoformat()),
        *("--out", str(place.settings.raw_dir)),
    )
    assert sampled.returncode == 0, sampled.stderr
    run(place)
    return place


def test_every_phase_left_its_mark(shop: Place) -> None:
    [(members, withheld)] = shop.rows("""
        select count(*) filter (where is_delivered), count(*) filter (where not is_delivered)
        from audiences.audience_memberships
    """)
    assert members > 0 < withheld
    assert (shop.settings.site_dir / "index.html").exists()
    assert list(shop.settings.deliveries_dir.rglob("*.csv"))
    state = {path.name for path in shop.settings.state_dir.iterdir()}
    assert {"assignments", "memberships", "gate_verdicts", "receipts", "ledgers"} <= state


def test_dispositions_sum_to_the_base(shop: Place) -> None:
    rows = shop.rows(
        "select columns(* exclude (as_of_date, audience, verdict, reason)) from audiences.audience_runs"
    )
    assert rows
    for base_size, not_matched, matched, *dispositions in rows:
        assert base_size == not_matched + matched
        assert matched == sum(dispositions)


def test_every_column_is_described(shop: Place) -> None:
    """Of the audiences' own tables only what they add to the traits, which stand in customer_traits."""
    described = {}
    for path in (ROOT / "dbt_project" / "models").rglob("*.yml"):
        for model in yaml.safe_load(path.read_text()).get("models", []):
            columns = model.get("columns", [])
            described[model["name"]] = {
                c["name"] for c in columns if c.get("description", "").strip()
            }
    real: dict[str, set[str]] = {}
    for schema, table, column in shop.rows(
        "select table_schema, table_name, column_name from information_schema.columns"
    ):
        if schema in SCHEMAS and schema not in ("staging", "quarantine"):
            real.setdefault(table, set()).add(column)
    unlike = {
        table: {"not described": columns - described[table], "gone": described[table] - columns}
        for table, columns in real.items()
        if table in described and columns != described[table]
    }
    definitions = ROOT / "audiences" / "definitions"
    assert real.keys() - described.keys() == {path.stem for path in definitions.glob("*.yml")}
    assert unlike == {}


def test_a_second_run_delivers_nothing_and_changes_nothing(shop: Place) -> None:
    before, delivered = fingerprints(shop), files(shop.settings.deliveries_dir)
    receipts = files(shop.settings.state_dir / "receipts")
    assert "delivered" not in run(shop)
    assert fingerprints(shop) == before
    assert files(shop.settings.deliveries_dir) == delivered
    assert files(shop.settings.state_dir / "receipts") == receipts


def test_the_warehouse_is_disposable(shop: Place) -> None:
    before, delivered = fingerprints(shop), files(shop.settings.deliveries_dir)
    shop.settings.warehouse.unlink()
    run(shop)
    assert fingerprints(shop) == before
    assert files(shop.settings.deliveries_dir) == delivered


def test_an_earlier_day_is_replayed_beside_the_warehouse(shop: Place) -> None:
    before, state = fingerprints(shop), files(shop.settings.state_dir)
    printed = run(shop, "--as-of", (LAST_DAY - timedelta(days=30)).isoformat())
    assert "replay: newest is 2026-03-31; nothing will be delivered" in printed
    assert fingerprints(shop) == before
    assert files(shop.settings.state_dir) == state


def test_plain_dbt_builds_the_same_marts(shop: Place) -> None:
    before = fingerprints(shop)
    finished = shop.dbt("build")
    assert finished.returncode == 0, finished.stdout
    assert fingerprints(shop, list(before)) == before


def test_the_next_day_continues_the_history(shop: Place) -> None:
    arms = "select experiment, phase, customer_id, arm from audiences.audience_assignments"
    entries = (
        "select audience, customer_id, entry_seq, entered_at from audiences.audience_memberships"
    )
    arms_before, entries_before = shop.rows(arms), shop.rows(entries)
    run(shop, "--as-of", (LAST_DAY + timedelta(days=1)).isoformat())
    assert set(arms_before) <= set(shop.rows(arms))
    assert set(entries_before) <= set(shop.rows(entries))


def test_customers_and_orders_are_enough(place: Place) -> None:
    (place.settings.raw_dir / "customers.csv").write_text(
        "customer_id,created_at\nc1,2025-06-01 00:00:00\nc2,2026-03-01 00:00:00\n"
    )
    (place.settings.raw_dir / "orders.csv").write_text(
        "order_id,customer_id,ordered_at,status,gross_amount\n"
        "o1,c1,2025-06-02 00:00:00,completed,20\no2,c2,2026-03-20 00:00:00,completed,30\n"
    )
    run(place)
    assert place.rows(
        "select customer_id, lifecycle_stage from activation.customer_traits order by 1"
    ) == [
        ("c1", "at_risk"),
        ("c2", "onboarding"),
    ]
    page = (place.settings.site_dir / "index.html").read_text()
    assert "2026-03-31" in page or "31 March 2026" in page


def test_a_missing_required_table_stops_the_run_with_two_lines(place: Place) -> None:
    (place.settings.raw_dir / "customers.csv").write_text("customer_id,created_at\n")
    finished = perennial(place, "run")
    assert finished.returncode == 1
    problem, fix = finished.stderr.splitlines()
    assert problem.startswith("error: raw table orders is missing")
    assert fix.startswith("fix:")


def test_dagster_loads_the_definitions_of_a_checkout(place: Place) -> None:
    dagster = Path(sys.executable).parent / "dagster"
    finished = subprocess.run(
        [str(dagster), "definitions", "validate"],
        cwd=ROOT,
        env=os.environ | place.settings.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
