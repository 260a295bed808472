"""Fits and scores of the forecasts on simulated customers, beside the Python library people use for them.

`python -m benchmarks.forecasts` compares at 1,000,000 customers; `--customers N --alone` leaves the peer out. Our times
are those of the models' own SQL in one DuckDB with two threads, without dbt's start.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from audiences.errors import WorkError
from benchmarks.build import place
from benchmarks.plain import models_in_order
from orchestration.dbt import DBT, environment
from orchestration.settings import DBT_PROJECT

AS_OF = date(2026, 3, 31)
GIVEN = {"int_purchase_histories_summed", "int_forecast_origins_listed"}
HORIZON_DAYS = 365
TARGETS = {"fit": 15, "12-month CLV": 10, "one horizon": 2}


def arguments() -> argparse.Namespace:
    """How many customers, and whether the peer runs too."""
    parser = argparse.ArgumentParser(prog="benchmarks.forecasts", description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--alone", action="store_true", help="do not run the peer")
    return parser.parse_args()


def compiled(folder: Path) -> dict[str, Any]:
    """dbt's manifest with the compiled SQL of `fct_customer_value` and all it reads.

    Raises:
        WorkError: dbt could not compile.
    """
    settings, target = place(folder / "raw", folder), folder / "target"
    settings.raw_dir.mkdir()
    around = environment(settings) | {"DBT_TARGET_PATH": str(target), "DBT_LOG_PATH": str(folder)}
    command = [str(DBT), "compile", "--quiet", "--select", "+fct_customer_value"]
    run = subprocess.run(
        command, cwd=DBT_PROJECT, env=around, capture_output=True, text=True, check=False
    )
    if run.returncode != 0:
        raise WorkError(f"dbt compile ended with {run.returncode}", run.stdout[-500:])
    manifest: dict[str, Any] = json.loads((target / "manifest.json").read_text())
    return manifest


def upstream(models: list[dict[str, Any]], name: str) -> set[str]:
    """Names of a model and of all models it reads, but for those that are given."""
    by_id = {model["unique_id"]: model for model in models}
    wanted: set[str] = set()
    waiting = [model["unique_id"] for model in models if model["name"] == name]
    while waiting:
        model = by_id.get(waiting.pop())
        if model is not None and model["name"] not in GIVEN | wanted:
            wanted.add(model["name"])
            waiting += model["depends_on"]["nodes"]
    return wanted


class Ours:
    """A warehouse that holds simulated histories, and the models that read them."""

    def __init__(self, folder: Path, histories: Path) -> None:
        self.models = models_in_order(compiled(folder))
        self.fit_names = upstream(self.models, "int_purchase_models_chosen")
        self.spend_names = upstream(self.models, "int_spend_models_chosen") - self.fit_names
        self.score_names = (
            upstream(self.models, "fct_customer_value") - self.fit_names - self.spend_names
        )
        self.warehouse = duckdb.connect(str(folder / "warehouse.duckdb"))
        self.warehouse.execute("set threads = 2")
        self.warehouse.execute("set memory_limit = '4GB'")
        for schema in ("intermediate", "value"):
            self.warehouse.execute(f"create schema {schema}")
        self._give(histories)

    def _give(self, histories: Path) -> None:
        self.warehouse.execute(f"""
            create table intermediate.int_purchase_histories_summed as
            select
                date '{AS_OF}' as origin_on, cast(customer_id as varchar) as customer_id, repeat_count,
                days_to_last_purchase, age_days,
                cast(coalesce(mean_repeat_amount, 0) * repeat_count + 30 as decimal(18, 4)) as purchased_amount,
                cast(mean_repeat_amount as decimal(18, 4)) as mean_repeat_amount
            from '{histories}'
        """)
        flags = ("is_backtest", "is_closed", "is_training_today", "is_training_closed")
        self.warehouse.execute(f"""
            create table intermediate.int_forecast_origins_listed as
            select date '{AS_OF}' as origin_on, true as is_today, true as is_everyone,
                {", ".join(f"false as {flag}" for flag in flags)}
        """)

    def build(self, names: Iterable[str]) -> None:
        """Create the tables of models, each after all it reads."""
        for model in self.models:
            if model["name"] in set(names):
                table = f'{model["schema"]}."{model["alias"]}"'
                self.warehouse.execute(
                    f"create or replace table {table} as {model['compiled_code']}"
                )

    def score(self, column: str) -> None:
        """Build what the scores stand on, then one column of `fct_customer_value` for everybody."""
        [value] = [model for model in self.models if model["name"] == "fct_customer_value"]
        self.build(self.score_names - {"int_forecast_horizons_listed", "fct_customer_value"})
        self.warehouse.execute(
            f"create or replace table scores as select customer_id, {column} from ({value['compiled_code']})"
        )

    def want(self, horizons: str) -> None:
        """Ask for other horizons: rows of days and discount weight, as SQL."""
        self.warehouse.execute(f"""
            create or replace table intermediate.int_forecast_horizons_listed as
            select date '{AS_OF}' as origin_on, cast(days as bigint) as horizon_days, weight as discount_weight
            from ({horizons}) as wanted (days, weight)
        """)

    def run(self) -> dict[str, float]:
        """Seconds a task takes. Grouping is part of the fits."""
        taken = {
            "fit": seconds(lambda: self.build(self.fit_names)),
            "spend fit": seconds(lambda: self.build(self.spend_names)),
            "fct_customer_value": seconds(lambda: self.build(self.score_names)),
        }
        self.want("select 365 * month // 12, 0.9 from range(1, 13) as months (month)")
        taken["12-month CLV"] = seconds(lambda: self.score("predicted_clv_365d_amount"))
        self.want(f"select {HORIZON_DAYS}, 1e0")
        taken["one horizon"] = seconds(lambda: self.score("expected_orders_365d"))
        return taken


def seconds(work: Callable[[], object]) -> float:
    """Wall time of some work."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def peer(histories: Path) -> dict[str, float]:
    """The same tasks by `lifetimes`, in weeks; its fit is that of BG/NBD alone."""
    from lifetimes import BetaGeoFitter, GammaGammaFitter  # noqa: PLC0415 - only the benchmark needs it

    people = duckdb.execute(f"from '{histories}'").df()
    bought = people["repeat_count"], people["days_to_last_purchase"] / 7, people["age_days"] / 7
    repeated = people[people["repeat_count"] > 0]
    spent = people["mean_repeat_amount"].fillna(0)
    purchases, spend = BetaGeoFitter(), GammaGammaFitter()
    return {
        "fit": seconds(lambda: purchases.fit(*bought)),
        "spend fit": seconds(
            lambda: spend.fit(repeated["repeat_count"], repeated["mean_repeat_amount"])
        ),
        "12-month CLV": seconds(
            lambda: spend.customer_lifetime_value(
                purchases, *bought, spent, time=12, discount_rate=0.1 / 12, freq="W"
            )
        ),
        "one horizon": seconds(
            lambda: purchases.conditional_expected_number_of_purchases_up_to_time(
                HORIZON_DAYS / 7, *bought
            )
        ),
    }


def main() -> None:
    """Measure and print."""
    given = arguments()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory(prefix="perennial-bench-") as name:
        histories = Path(name) / "histories.parquet"
        simulation = ["-m", "benchmarks.simulated", str(given.customers), str(histories)]
        subprocess.run([sys.executable, *simulation], check=True)
        warehouse = Ours(Path(name), histories)
        ours = warehouse.run()
        warehouse.warehouse.close()
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        theirs = {} if given.alone else peer(histories)
    print(
        f"{given.customers:,} customers, duckdb {duckdb.__version__}, two threads, peak {memory:.1f} GB\n"
    )
    print(f"{'':16}{'ours s':>9}{'lifetimes s':>13}{'ratio':>8}{'target':>8}")
    for task, taken in ours.items():
        line = f"{task:16}{taken:9.2f}"
        if task in theirs:
            line += f"{theirs[task]:13.2f}{theirs[task] / taken:8.1f}{TARGETS.get(task, ''):>8}"
        print(line)
    print(f"{'all of ours':16}{sum(ours.values()):9.2f}")


if __name__ == "__main__":
    main()
