"""`dbt build` of a large generated shop, beside DuckDB running the same compiled SQL: time and memory."""

import argparse
import json
import platform
import shutil
import sys
import tempfile
from datetime import date
from pathlib import Path

import duckdb

from benchmarks.measure import Measured, measure
from orchestration.dbt import DBT, environment
from orchestration.settings import DBT_PROJECT, ROOT, Settings

LAST_DAY = date(2026, 3, 31)
SLOWEST = 5


def arguments() -> argparse.Namespace:
    """The size of the shop and where its raw tables are kept between runs."""
    parser = argparse.ArgumentParser(prog="benchmarks.build", description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--raw", type=Path, help="raw tables to build; generated when absent")
    return parser.parse_args()


def raw_tables(customers: int, raw: Path | None) -> Path:
    """The folder of a generated shop of 24 months, made on the first call."""
    folder = raw or ROOT / "data" / "bench" / f"raw_{customers}"
    if not folder.exists():
        perennial = Path(sys.executable).parent / "perennial"
        command = [str(perennial), "sample", "--customers", str(customers)]
        command += ["--end", LAST_DAY.isoformat(), "--out", str(folder)]
        measure(command, ROOT, environment(place(folder, folder.parent)))
    return folder


def place(raw: Path, folder: Path) -> Settings:
    """Settings of a run whose outputs all lie in one folder."""
    return Settings(
        raw_dir=raw,
        warehouse=folder / "warehouse.duckdb",
        state_dir=folder / "state",
        site_dir=folder / "site",
        deliveries_dir=folder / "deliveries",
        target="duckdb",
        as_of=LAST_DAY,
    )


def compare(raw: Path, folder: Path) -> tuple[Measured, Measured, Measured]:
    """dbt's start, the whole build, and the same SQL without dbt, each in its own process."""
    settings, target = place(raw, folder), folder / "target"
    around = environment(settings) | {"DBT_TARGET_PATH": str(target), "DBT_LOG_PATH": str(folder)}
    build = [str(DBT), "build", "--exclude-resource-type", "test", "unit_test"]
    start = measure([*build, "--select", "resource_type:seed"], DBT_PROJECT, around)
    shutil.rmtree(target)
    whole = measure(build, DBT_PROJECT, around)
    (folder / "plain").mkdir()
    plain_warehouse = folder / "plain" / settings.warehouse.name
    inputs = [str(settings.warehouse), str(target / "manifest.json"), str(plain_warehouse)]
    plain = measure([sys.executable, "-m", "benchmarks.plain", *inputs], ROOT, around)
    return start, whole, plain


def slowest(run_results: Path) -> list[tuple[str, float]]:
    """The models that took longest, with their seconds."""
    results = json.loads(run_results.read_text())["results"]
    times = [(result["unique_id"].split(".")[-1], result["execution_time"]) for result in results]
    return sorted(times, key=lambda time: -time[1])[:SLOWEST]


def main() -> None:
    """Measure and print."""
    given = arguments()
    raw = raw_tables(given.customers, given.raw)
    with tempfile.TemporaryDirectory(prefix="perennial-bench-") as name:
        folder = Path(name)
        start, whole, plain = compare(raw, folder)
        print(
            f"{given.customers:,} customers, Python {platform.python_version()}, duckdb {duckdb.__version__}\n"
        )
        print(f"{'':32}{'wall s':>9}{'CPU s':>9}{'peak GB':>9}")
        for label, taken in (
            ("dbt's start, seeds alone", start),
            ("dbt build without tests", whole),
            ("the same SQL by DuckDB alone", plain),
        ):
            print(f"{label:32}{taken.wall:9.1f}{taken.cpu:9.1f}{taken.peak / 1e9:9.2f}")
        print(f"{'ratio, start taken off':32}{(whole.wall - start.wall) / plain.wall:9.2f}")
        print("\nslowest models, seconds")
        for model, seconds in slowest(folder / "target" / "run_results.json"):
            print(f"  {model:40}{seconds:8.1f}")


if __name__ == "__main__":
    main()
