"""Fits and scores of the forecasts on simulated customers, beside the Python library people use for them.

`python -m benchmarks.forecasts` compares at 1,000,000 customers; `--customers N --alone` leaves the peer out. Our times
are those of the models' own SQL in one DuckDB with two threads, without dbt's start; beside the peer, which keeps
everything in memory, so does the warehouse.
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
ONE_HORIZON = """
    select
        histories.customer_id,
        coalesce({{ probability_alive('histories', 'models') }}, 1e0) * expectations.expected_orders as expected_orders
    from {{ ref('int_purchase_histories_summed') }} as histories
    inner join {{ ref('int_purchase_models_chosen') }} as models on histories.origin_on = models.origin_on
    inner join {{ ref('int_order_expectations_summed') }} as expectations
        on histories.repeat_count = expectations.repeat_count and histories.age_days = expectations.age_days
"""
TARGETS = {"fit": 15, "12-month CLV": 10, "one horizon": 2}


def arguments() -> argparse.Namespace:
    """How many customers, and whether the peer runs too."""
    parser = argparse.ArgumentParser(prog="benchmarks.forecasts", description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--alone", action="store_true", help="do not run the peer")
    return parser.parse_args()


def compile_sql(folder: Path, *what: str) -> str:
    """What `dbt compile` prints, with its manifest left in the folder's target.

    Raises:
        WorkError: dbt could not compile.
    """
    settings = place(folder / "raw", folder)
    settings.raw_dir.mkdir(exist_ok=True)
    target = {"DBT_TARGET_PATH": str(folder / "target"), "DBT_LOG_PATH": str(folder)}
    command = [str(DBT), "compile", "--quiet", "--output", "json", *what]
    run = subprocess.run(
        command,
        cwd=DBT_PROJECT,
        env=environment(settings) | target,
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode != 0:
        raise WorkError(f"dbt compile ended with {run.returncode}", run.stdout[-500:])
    return run.stdout


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

    def __init__(self, folder: Path, histories: Path, file: str) -> None:
        compile_sql(folder, "--select", "+fct_customer_value")
        self.models = models_in_order(json.loads((folder / "target" / "manifest.json").read_text()))
        self.one_horizon = json.loads(compile_sql(folder, "--inline", ONE_HORIZON))["compiled"]
        self.fit_names = upstream(self.models, "int_purchase_models_chosen")
        self.spend_names = upstream(self.models, "int_spend_models_chosen") - self.fit_names
        self.score_names = (
            upstream(self.models, "fct_customer_value") - self.fit_names - self.spend_names
        )
        self.warehouse = duckdb.connect()
        self.warehouse.execute(f"attach '{file}' as warehouse")
        self.warehouse.execute("use warehouse")
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

    def score(self, sql: str) -> None:
        """Build what scores stand on, then one score of everybody."""
        self.build(self.score_names - {"int_forecast_horizons_listed", "fct_customer_value"})
        self.warehouse.execute(f"create or replace table scores as {sql}")

    def want(self, horizons: str) -> None:
        """Ask for other horizons: rows of days and discount weight, as SQL."""
        self.warehouse.execute(f"""
            create or replace table intermediate.int_forecast_horizons_listed as
            select date '{AS_OF}' as origin_on, cast(days as bigint) as horizon_days, weight as discount_weight
            from ({horizons}) as wanted (days, weight)
        """)

    def run(self) -> dict[str, float]:
        """Seconds a task takes. The fit is of BG/NBD, MBG/NBD and NBD, with the grouping they need."""
        taken = {
            "fit": seconds(lambda: self.build(self.fit_names)),
            "spend fit": seconds(lambda: self.build(self.spend_names)),
            "fct_customer_value": seconds(lambda: self.build(self.score_names)),
        }
        self.want("select 365 * month // 12, 0.9 from range(1, 13) as months (month)")
        [value] = [model for model in self.models if model["name"] == "fct_customer_value"]
        clv = f"select customer_id, predicted_clv_365d_amount from ({value['compiled_code']})"
        taken["12-month CLV"] = seconds(lambda: self.score(clv))
        self.want(f"select {HORIZON_DAYS}, 1e0")
        taken["one horizon"] = seconds(lambda: self.score(self.one_horizon))
        return taken


def seconds(work: Callable[[], object]) -> float:
    """Wall time of some work."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def peer(histories: Path) -> dict[str, float]:
    """The same tasks by `lifetimes`, in weeks; its scores are those of BG/NBD."""
    from lifetimes import (  # noqa: PLC0415 - only the benchmark needs it
        BetaGeoFitter,
        GammaGammaFitter,
        ModifiedBetaGeoFitter,
    )

    people = duckdb.execute(f"from '{histories}'").df()
    bought = people["repeat_count"], people["days_to_last_purchase"] / 7, people["age_days"] / 7
    repeated = people[people["repeat_count"] > 0]
    spent = people["mean_repeat_amount"].fillna(0)
    purchases, spend = BetaGeoFitter(), GammaGammaFitter()
    return {
        "fit": seconds(lambda: (purchases.fit(*bought), ModifiedBetaGeoFitter().fit(*bought))),
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
        file = str(Path(name) / "warehouse.duckdb") if given.alone else ":memory:"
        warehouse = Ours(Path(name), histories, file)
        ours = warehouse.run()
        warehouse.warehouse.close()
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        theirs = {} if given.alone else peer(histories)
    print(
        f"{given.customers:,} customers, duckdb {duckdb.__version__}, two threads, peak {memory:.1f} GB\n"
    )
    print(f"{'':20}{'ours s':>9}{'lifetimes s':>13}{'ratio':>8}{'target':>8}")
    for task, taken in ours.items():
        line = f"{task:20}{taken:9.2f}"
        if task in theirs:
            line += f"{theirs[task]:13.2f}{theirs[task] / taken:8.1f}{TARGETS.get(task, ''):>8}"
        print(line)
    whole = sum(ours[task] for task in ("fit", "spend fit", "12-month CLV"))
    print(f"{'both fits and CLV':20}{whole:9.2f}")


if __name__ == "__main__":
    main()
