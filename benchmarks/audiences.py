"""200 audiences over simulated customers: one scan for all, what one more costs, beside one query for each.

`python -m benchmarks.audiences` simulates what conditions read (every trait of the contract, 30 events a customer),
compiles generated definitions into a copy of the dbt project, and lets DuckDB run the compiled models
with two threads. Times are of the models alone, without dbt's start.
"""

import argparse
import json
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Collection, Sequence
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import duckdb

from audiences.errors import WorkError
from audiences.language.rules import to_sql
from audiences.loader import load_definitions
from audiences.models.compiled import compile_to
from audiences.spec import Definition
from benchmarks.forecasts import seconds
from benchmarks.plain import models_in_order
from orchestration.compile import audience_language
from orchestration.dbt import DBT, environment
from orchestration.settings import DBT_PROJECT, Settings

AS_OF = date(2026, 3, 31)
AUDIENCES = 200
EVENTS_PER_CUSTOMER = 30
EVENT_NAMES = (
    "order_completed",
    "product_viewed",
    "cart_updated",
    "email_clicked",
    "session_started",
)
SETTINGS = (
    "threads = 2",
    "memory_limit = '9GB'",
    "preserve_insertion_order = false",
    "disabled_optimizers = 'in_clause'",
    "disabled_compression_methods = 'bitpacking'",
    "TimeZone = 'UTC'",
    "enable_progress_bar = false",
)
"""As the profile and the hooks of audience_matches set them."""

EVALUATION = ("audience_event_counts", "audience_matches")
TARGET_SECONDS = 20
MORE = 20  # audiences added to see what one costs: a single one is lost in the noise

SIMULATED = {
    "text": "'v' || cast(hash(number, '{column}') % 20 as varchar)",
    "number": "cast(hash(number, '{column}') % 1000 as {kind})",
    "score": "hash(number, '{column}') % 1000 / 1000e0",
    "day": "date '{as_of}' - cast(hash(number, '{column}') % 1500 as integer)",
    "instant": "cast(date '{as_of}' - cast(hash(number, '{column}') % 1500 as integer) as timestamp)",
    "boolean": "hash(number, '{column}') % 10 < 3",
    "sensitive": "cast(null as {kind})",
}
KNOWN = {
    "as_of_date": "date '{as_of}'",
    "customer_id": "'c' || number",
    "email": "'c' || number || '@example.com'",
    "timezone": "'Europe/Berlin'",
}
"""Columns whose values matter; one value in twenty of the others is missing."""


RULES = (
    "",
    "  frequency: [{ max: 2, per: 7d, kind: rolling, scope: all_marketing }]\n",
    "entry: { min_match: 2d, reentry_after: 30d }\n",
    "entry: { capacity: { max: 5000, order_by: [predicted_clv_365d_amount desc] } }\n",
)
"""How people enter: every fourth audience has no rule, a cap, a dwell time, a capacity."""

REQUIRED = {
    "customers": "customer_id,created_at",
    "orders": "order_id,customer_id,ordered_at,status,gross_amount",
}
"""dbt asks for these raw tables at its start; they stay empty."""


def arguments() -> argparse.Namespace:
    """How many customers and audiences."""
    parser = argparse.ArgumentParser(prog="benchmarks.audiences", description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--audiences", type=int, default=AUDIENCES)
    return parser.parse_args()


def definition(number: int, kinds: dict[str, list[str]]) -> str:
    """A definition as people write them: three conditions on traits, one in four with an event, one in ten with SQL."""
    random = Random(number)
    text, *more = random.sample(kinds["text"], 3)
    low = random.randrange(600)
    column, other = random.sample(kinds["number"], 2)
    conditions = [
        f"{{ column: {text}, in: [{', '.join(f'v{n}' for n in random.sample(range(20), 6))}] }}",
        f"{{ column: {column}, between: [{low}, {low + 390}] }}",
        f"{{ any: [{{ column: {more[0]}, eq: v1 }}, {{ column: {other}, lte: 700 }}] }}",
    ]
    if number % 4 == 0:
        event, days = random.choice(EVENT_NAMES), random.choice((7, 30, 90, 365))
        conditions.append(f"{{ event: {event}, count: {{ gte: 1 }}, within: {days}d }}")
    if number % 10 == 0:
        conditions.append(f'{{ sql: "coalesce({other}, 0) < 900", reason: "outliers" }}')
    matches = "\n".join(f"    - {condition}" for condition in conditions)
    return (
        f"version: 1\naudience: a{number:03}\nlabel: {{ en: Generated }}\nowner: bench@example.com\n"
        f"purpose: newsletter\nevergreen: true\nmatch:\n  all:\n{matches}\n"
        f"exclude: {{ column: {more[1]}, eq: v0 }}\ncontact:\n  channels: [email, push]\n{RULES[number % 4]}"
    )


class Bench:
    """A copy of the dbt project with generated audiences, and a warehouse with what they read."""

    def __init__(self, folder: Path, customers: int) -> None:
        self.folder, self.customers = folder, customers
        self.project = folder / "dbt_project"
        left_out = shutil.ignore_patterns("target", "logs", "audience__*")
        shutil.copytree(DBT_PROJECT, self.project, ignore=left_out)
        self.settings = Settings(
            raw_dir=folder / "raw",
            warehouse=folder / "warehouse.duckdb",
            state_dir=folder / "state",
            site_dir=folder / "site",
            deliveries_dir=folder / "deliveries",
            target="duckdb",
            as_of=AS_OF,
        )
        self.settings.raw_dir.mkdir()
        for table, columns in REQUIRED.items():
            (self.settings.raw_dir / f"{table}.csv").write_text(f"{columns}\n")
        self.definitions = folder / "definitions"

    def models(self, audiences: int) -> list[dict[str, Any]]:
        """The compiled audience models for so many definitions, each after all it reads."""
        self.definitions.mkdir(exist_ok=True)
        kinds: dict[str, list[str]] = {}
        language = audience_language()
        for column, kind in language.traits.items():
            if column not in KNOWN and column not in language.closed:
                kinds.setdefault(kind, []).append(column)
        for number in range(audiences):
            (self.definitions / f"a{number:03}.yml").write_text(definition(number, kinds))
        compile_to(self.definitions, self.project / "models/audiences", language)
        self.dbt("compile", "--no-introspect", "--select", "path:models/audiences")
        manifest = json.loads((self.folder / "target" / "manifest.json").read_text())
        return [
            model
            for model in models_in_order(manifest)
            if model["path"].startswith("audiences/") and "compiled_code" in model
        ]

    def dbt(self, *what: str) -> None:
        """Run dbt on the copy.

        Raises:
            WorkError: dbt failed.
        """
        target = {"DBT_TARGET_PATH": str(self.folder / "target"), "DBT_LOG_PATH": str(self.folder)}
        run = subprocess.run(
            [str(DBT), *what, "--quiet", "--profiles-dir", str(self.project)],
            cwd=self.project,
            env=environment(self.settings) | target,
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode != 0:
            raise WorkError(f"dbt {what[0]} ended with {run.returncode}", run.stdout[-800:])

    def prepare(self) -> duckdb.DuckDBPyConnection:
        """Seeds and empty state by dbt, the activation tables simulated."""
        state = "path:models/staging/stg_state__*"
        self.dbt("run", "--select", state)
        self.dbt("seed")
        warehouse = duckdb.connect(str(self.settings.warehouse))
        for setting in SETTINGS:
            warehouse.execute(f"set {setting}")
        for schema in ("activation", "audiences"):
            warehouse.execute(f"create schema if not exists {schema}")
        warehouse.execute(f"create table activation.customer_traits as {self.traits()}")
        warehouse.execute(f"""
            create table activation.customer_events as
            select
                'c' || hash(number) % {self.customers} as customer_id,
                cast(date '{AS_OF}' - cast(hash(number, 'day') % 730 as integer) as timestamp) as occurred_at,
                ['{"', '".join(EVENT_NAMES)}'][
                    cast(hash(number, 'name') % {len(EVENT_NAMES)} as bigint) + 1
                ] as event_name,
                cast(1 as decimal(18, 4)) as value,
                'p' || hash(number, 'product') % 500 as product_id,
                cast(null as varchar) as campaign_id
            from range({self.customers * EVENTS_PER_CUSTOMER}) as events (number)
        """)
        return warehouse

    def traits(self) -> str:
        """Every trait of the contract with simulated values, as SQL."""
        columns = []
        for column, kind in audience_language().traits.items():
            value = KNOWN.get(column, SIMULATED[kind]).format(
                column=column, kind="bigint" if kind == "number" else "varchar", as_of=AS_OF
            )
            if column not in KNOWN:
                value = f"case when hash(number, 'no {column}') % 20 > 0 then {value} end"
            columns.append(f"{value} as {column}")
        return f"select {', '.join(columns)} from range({self.customers}) as customers (number)"


def build(
    warehouse: duckdb.DuckDBPyConnection, models: Sequence[dict[str, Any]], names: Collection[str]
) -> None:
    """Create the tables of the named models, in order."""
    for model in models:
        if model["name"] in names:
            table = f'{model["schema"]}."{model["alias"]}"'
            warehouse.execute(f"create or replace table {table} as {model['compiled_code']}")


def best_of(times: int, work: Callable[[], object]) -> float:
    """The shortest wall time of some runs of the same work."""
    return min(seconds(work) for _ in range(times))


def one_query_each(warehouse: duckdb.DuckDBPyConnection, definitions: Sequence[Definition]) -> None:
    """The peer: the same conditions, each audience by a query of its own; events are counted already."""
    traits = audience_language().traits
    for one in definitions:
        condition = to_sql(one.match, traits).replace("{{ t_double() }}", "double")
        warehouse.execute(f"""
            create or replace table peer.{one.audience} as
            select customer_id from activation.customer_traits
            left join audiences.audience_event_counts using (customer_id)
            where coalesce({condition}, false)
        """)


def main() -> None:
    """Measure and print."""
    given = arguments()
    with tempfile.TemporaryDirectory(prefix="perennial-bench-") as name:
        bench = Bench(Path(name), given.customers)
        models, more = bench.models(given.audiences), bench.models(given.audiences + MORE)
        with bench.prepare() as warehouse:
            evaluated = best_of(3, lambda: build(warehouse, models, EVALUATION))
            one_more = (best_of(3, lambda: build(warehouse, more, EVALUATION)) - evaluated) / MORE
            warehouse.execute("create schema peer")
            definitions = load_definitions(bench.definitions)[: given.audiences]
            each = seconds(lambda: one_query_each(warehouse, definitions))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"{given.customers:,} customers, {given.audiences} audiences, duckdb {duckdb.__version__}, two threads,"
        f" peak {memory:.1f} GB\n"
    )
    print(f"{'all audiences, one scan':44}{evaluated:8.2f} s   (target {TARGET_SECONDS} s)")
    print(f"{f'one audience more, of {MORE} added':44}{one_more:8.2f} s")
    print(f"{'one query for each audience':44}{each:8.2f} s   ({each / evaluated:.1f} times)")


if __name__ == "__main__":
    main()
