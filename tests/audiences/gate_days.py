"""A warehouse on the day of the gate, and one audience that is judged in it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from audiences.gate import Verdict, judge
from audiences.spec import Definition

DAY = date(2026, 3, 31)


def definition(**changes: Any) -> Definition:
    base = {
        "version": "1",
        "audience": "winback",
        "label": {"en": "Win back"},
        "owner": "retention@example.com",
        "purpose": "marketing_promotions",
        "evergreen": "true",
        "match": {"all": [{"column": "lifecycle_stage", "in": ["churned"]}]},
        "contact": {"channels": ["email", "push"]},
    }
    return Definition.model_validate(base | changes)


EXPERIMENT = {
    "goal": {"metric": "order_conversion", "window": "30d"},
    "experiment": {
        "key": "offer",
        "phase": "1",
        "salt": "c3f7194e60ad2b85",
        "arms": {
            "control": {"slots": ["0", "4999"], "delivers": "false"},
            "offer": {"slots": ["5000", "9999"]},
        },
    },
}


@dataclass(frozen=True)
class Day:
    """A warehouse on the day of the gate: people by disposition, each with a permission for push."""

    dispositions: Mapping[str, int] = field(default_factory=dict)
    members: int = 0
    passed_before: int | None = None
    held_before: int | None = None
    change: str = ""

    def write(self, warehouse: Path) -> None:
        with duckdb.connect(str(warehouse)) as connection:
            connection.execute(
                """
                create schema audiences; create schema activation; create schema staging; create schema raw;
                create table audiences.audience_dispositions
                    (audience varchar, customer_id varchar, disposition varchar, arm varchar);
                create table activation.contact_permissions
                    (customer_id varchar, channel varchar, purpose varchar, is_allowed boolean);
                create table staging.stg_state__memberships
                    (audience varchar, customer_id varchar, exited_at timestamp);
                create schema monitoring;
                create table activation.customer_traits as select date '2026-03-31' as as_of_date;
                create table monitoring.rpt_source_freshness
                    (table_name varchar, silence_days bigint, is_stale boolean);
                create table raw.state_gate_verdicts
                    (audience varchar, verdict varchar, dispositions varchar, as_of_date date);
                """
            )
            for disposition, people in self.dispositions.items():
                connection.execute(
                    f"""
                    insert into audiences.audience_dispositions
                    select 'winback', '{disposition}' || n, '{disposition}', null from range({people}) as r(n)
                    """
                )
            connection.execute(
                f"""
                create table audiences.audience_matches as
                select customer_id, true as winback from audiences.audience_dispositions
                union all select 'other', false;
                insert into activation.contact_permissions
                select customer_id, 'push', 'marketing_promotions', true from audiences.audience_dispositions;
                insert into staging.stg_state__memberships
                select 'winback', 'm' || n, null from range({self.members}) as r(n)
                union all select 'winback', 'gone', timestamp '2026-01-01';
                """
            )
            for verdict, reach, day in (
                ("pass", self.passed_before, "2026-03-29"),
                ("hold", self.held_before, "2026-03-30"),
                ("pass", 1_000_000, "2026-03-31"),
            ):
                if reach is not None:
                    counts = json.dumps({"eligible": reach, "no_consent": 7})
                    connection.execute(
                        "insert into raw.state_gate_verdicts values ('winback', ?, ?, ?)",
                        [verdict, counts, day],
                    )
            if self.change:
                connection.execute(self.change)


def verdict_on(tmp_path: Path, day: Day, audience: Definition) -> Verdict:
    day.write(tmp_path / "warehouse.duckdb")
    [verdict] = judge(tmp_path / "warehouse.duckdb", tmp_path / "state", DAY, [audience])
    return verdict
