"""Runs the audience models day by day: dbt renders their SQL once, DuckDB executes it in dependency order.

The as-of day is rendered as a day far away and replaced in the text, so that thirty days cost seconds rather than
thirty calls of dbt. Upstream relations are tables the test fills.
"""

import re
from datetime import date
from pathlib import Path

import duckdb

from audiences.compiler import compile_definitions
from audiences.loader import Language, load_definitions, load_holdout
from audiences.models.model_text import SQL_HEADER
from audiences.tools.trial import SENTINEL
from orchestration.ledgers import decided
from orchestration.rendering import compiled_manifest
from orchestration.settings import load_settings

STATE = {
    "assignments": "experiment varchar, phase bigint, customer_id varchar, arm varchar, slot bigint,"
    " is_delivered boolean, assigned_at timestamp, as_of_date date",
    "memberships": "audience varchar, customer_id varchar, entry_seq bigint, entered_at timestamp,"
    " exited_at timestamp, exit_reason varchar, arm varchar, is_delivered boolean, offer_id varchar,"
    " offer_until date, as_of_date date",
    "waits": "audience varchar, customer_id varchar, matched_days bigint, as_of_date date",
    "gate_verdicts": "audience varchar, verdict varchar, reason varchar, base_size bigint,"
    " matched bigint, dispositions varchar, as_of_date date",
    "receipts": "sync varchar, audience varchar, destination varchar, run_id varchar, batch_id varchar,"
    " customer_id varchar, entry_seq bigint, operation varchar, status varchar, reason varchar,"
    " attempts bigint, finished_at timestamp, as_of_date date",
}
WAIST = {
    "customer_traits": "as_of_date date, customer_id varchar, email varchar, phone varchar,"
    " first_name varchar, country varchar, lifecycle_stage varchar, order_count bigint,"
    " language varchar, timezone varchar, value_tier varchar, discount_share_365d double",
    "customer_events": "customer_id varchar, occurred_at timestamp, event_name varchar,"
    " product_id varchar, campaign_id varchar",
    "contact_permissions": "customer_id varchar, channel varchar, purpose varchar,"
    " is_allowed boolean, reason varchar",
    "contact_history": "customer_id varchar, channel varchar, audience varchar,"
    " contacted_at timestamp, kind varchar",
}


def _columns_but(called: re.Match[str]) -> str:
    return f"{called[1]}.* exclude ({called[2].replace(chr(39), '')})"


SPELLED = {
    r"\{\{ t_text\(\) \}\}": "varchar",
    r"\{\{ t_double\(\) \}\}": "double",
    r"\{\{ as_of_date\(\) \}\}": f"cast('{SENTINEL}' as date)",
    r"\{\{ columns_but\('(\w+)', \[([^]]*)\]\) \}\}": _columns_but,
    r"\{\{ add_days\(as_of_date\(\), -(\d+)\) \}\}": rf"(cast('{SENTINEL}' as date) - \1)",
}
UNCUT = {
    "intermediate.int_consents_decided_uncut": "customer_id varchar, channel varchar,"
    " purpose varchar, status varchar, reason varchar, opt_in_step varchar",
    "intermediate.int_erasures_known_uncut": "customer_id varchar",
    "seeds.contact_channels": "channel varchar",
    "seeds.goal_metrics": "metric varchar, event_name varchar",
    "seeds.content_catalogue": "content_key varchar, locale varchar, review_status varchar",
    "seeds.markets": "country varchar, default_locale varchar, default_timezone varchar",
    "seeds.offers": "offer_id varchar, discount_share double, starts_on date, ends_on date,"
    " valid_days bigint, countries varchar, min_value_tier varchar, once_per_days bigint",
    "seeds.quiet_days": "country varchar, quiet_on date, name varchar",
    "seeds.time_zones": "time_zone varchar",
}
FILLED = {f"activation.{table}": columns for table, columns in WAIST.items()} | UNCUT
"""Relations a test fills; those of them that are models are not built."""


def render_models(target: Path) -> dict[str, str]:
    """SQL of the audience models and the state's staging models, in dependency order."""
    staged = (f"stg_state__{ledger}" for ledger in STATE)
    selected = ("path:models/audiences", "contact_history", "int_entries_accepted", *staged)
    manifest = compiled_manifest(load_settings(), selected, target)
    nodes = {
        key: node
        for key, node in manifest["nodes"].items()
        if node["resource_type"] == "model" and node.get("compiled_code")
    }
    shipped = {key for key, node in nodes.items() if node["name"].startswith("audience__")}
    ordered: dict[str, str] = {}

    def add(key: str) -> None:
        node = nodes[key]
        for parent in node["depends_on"]["nodes"]:
            if parent in nodes:
                add(parent)
        relation = node["relation_name"].replace('"memory".', "")
        ordered[relation] = node["compiled_code"].replace('"memory".', "")

    first = (".stg_", ".audience_event_counts")  # which definitions of a test may need
    for key in sorted(
        nodes.keys() - shipped, key=lambda key: (not any(map(key.count, first)), key)
    ):
        add(key)
    return ordered


def compiled(folder: Path, language: Language) -> dict[str, str]:
    """SQL of the generated models of a folder of definitions, as relation -> text."""
    definitions, holdout = load_definitions(folder, language), load_holdout(folder)
    files = compile_definitions(definitions, language.written_traits, holdout)
    rendered = {}
    for name, text in files.items():
        if name.endswith(".sql"):
            sql = text.removeprefix(SQL_HEADER)
            for pattern, meaning in SPELLED.items():
                sql = re.sub(pattern, meaning, sql)
            sql = re.sub(r"\{\{ ref\('(\w+)'\) \}\}", _relation, sql)
            table = name.removesuffix(".sql").removeprefix("audience__")
            rendered[f'"audiences"."{table}"'] = sql
    return rendered


def _relation(reference: re.Match[str]) -> str:
    staged = "staging" if reference[1].startswith("stg_") else "audiences"
    return f'"{"activation" if reference[1] in WAIST else staged}"."{reference[1]}"'


class House:
    """A tiny warehouse and state folder in memory, with definitions of its own."""

    def __init__(self, models: dict[str, str], filled: dict[str, str] = FILLED) -> None:
        self.filled = filled
        self.models = {
            relation: sql
            for relation, sql in models.items()
            if relation.replace('"', "") not in filled
        }
        self.definitions: dict[str, str] = {}
        self.state = duckdb.connect(":memory:")
        for ledger, columns in STATE.items():
            self.state.execute(f"create table {ledger} ({columns})")
        self.start_anew()

    def start_anew(self) -> None:
        """Delete the warehouse; the state stays."""
        self.warehouse = duckdb.connect(
            ":memory:", config={"threads": 1}
        )  # quicker for so few rows
        schemas = {table.partition(".")[0] for table in self.filled}
        for schema in {*schemas, "raw", "staging", "audiences"}:
            self.warehouse.execute(f"create schema {schema}")
        for table, columns in self.filled.items():
            self.warehouse.execute(f"create table {table} ({columns})")

    def fill(self, table: str, rows: list[tuple[object, ...]]) -> None:
        """Replace the rows of a relation the audiences read."""
        self.warehouse.execute(f"delete from {table}")
        if rows:
            marks = ", ".join("?" for _ in rows[0])
            self.warehouse.executemany(f"insert into {table} values ({marks})", rows)

    def run_day(self, day: date, verdicts: dict[str, str]) -> None:
        """Phase A, the gate's verdicts, phase B, the ledgers: one run."""
        for ledger in STATE:
            rows = self.state.sql(f"select * from {ledger}").to_arrow_table()
            self.warehouse.register("ledger_rows", rows)
            self.warehouse.execute(
                f"create or replace table raw.state_{ledger} as select * from ledger_rows"
            )
            self.warehouse.unregister("ledger_rows")
        self.warehouse.execute("delete from raw.state_gate_verdicts where as_of_date = ?", [day])
        self.state.execute("delete from gate_verdicts where as_of_date = ?", [day])
        for audience, verdict in verdicts.items():
            row = [audience, verdict, None, 0, 0, "{}", day]
            for connection, table in (
                (self.warehouse, "raw.state_gate_verdicts"),
                (self.state, "gate_verdicts"),
            ):
                connection.execute(f"insert into {table} values (?, ?, ?, ?, ?, ?, ?)", row)
        self.build(day)
        self._export(day)

    def build(self, day: date) -> None:
        """Every model, in order; the generated ones are those of this house's definitions."""
        rendered = {name: self.definitions.get(name, sql) for name, sql in self.models.items()}
        for relation, sql in {**rendered, **self.definitions}.items():
            text = sql.replace(SENTINEL.isoformat(), day.isoformat())
            self.warehouse.execute(f"create or replace table {relation} as {text}")

    def _export(self, day: date) -> None:
        for ledger, rows in decided(self.warehouse, day).items():
            self.state.execute(f"delete from {ledger} where as_of_date = ?", [day])
            self.state.register("decided", rows)
            self.state.execute(
                f"insert into {ledger} by name select *, cast(? as date) as as_of_date from decided",
                [day],
            )
            self.state.unregister("decided")

    def rows(self, query: str) -> list[tuple[object, ...]]:
        return self.warehouse.execute(query).fetchall()
