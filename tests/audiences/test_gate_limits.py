"""The limits of a definition that look beyond its own people: earlier passes, other audiences, the sources."""

from pathlib import Path
from typing import Any

import pytest

from tests.audiences.gate_days import Day, definition, verdict_on

MEDIAN = {"guardrails": {"change": {"baseline": "median_last_7"}}}
OVERLAP = {"guardrails": {"overlap": {"with": "welcome", "max_share": "0.5"}}}


def passes(*sizes: int) -> str:
    """Earlier passes of these sizes, the last one on the day before."""
    rows = ", ".join(
        f"""('winback', 'pass', '{{"eligible": {size}}}', date '2026-03-31' - {ago})"""
        for ago, size in enumerate(reversed(sizes), start=1)
    )
    return f"insert into raw.state_gate_verdicts values {rows}"


def others(**audiences: int) -> str:
    """So many of the eligible people are in these audiences too; one more is there, but withheld by a cap."""
    return ";".join(
        f"""
        insert into audiences.audience_dispositions
        select '{name}', 'eligible' || n, 'eligible', null from range({people}) as r(n)
        union all select '{name}', 'eligible{people}', 'frequency_capped', null
        """
        for name, people in audiences.items()
    )


def stale(table: str, days: int) -> str:
    return f"insert into monitoring.rpt_source_freshness values ('{table}', {days}, true), ('events', 1, false)"


TRAITS_OF_YESTERDAY = "update activation.customer_traits set as_of_date = '2026-03-30'"

PAYLOAD = {
    "payload": {
        "columns": {
            "name": {"from": "first_name"},
            "orders": {"from": "order_count", "fallback": "0"},
        }
    }
}


def takes_along(first_name: str, order_count: str) -> str:
    """The traits of the people, given as SQL."""
    return f"""
        create or replace table activation.customer_traits as
        select date '2026-03-31' as as_of_date, customer_id, {first_name} as first_name, {order_count} as order_count
        from audiences.audience_dispositions
        """


CASES = [
    pytest.param(Day({"eligible": 140}, change=passes(100, 100, 100, 200)), MEDIAN, None, id="near the median"),
    pytest.param(
        Day({"eligible": 300}, change=passes(1, 1, 100, 100, 100, 200, 200, 200, 200)),
        MEDIAN,
        None,
        id="the median of seven, not of all",
    ),
    pytest.param(
        Day({"eligible": 290}, change=passes(100, 100, 100, 200)),
        MEDIAN,
        "AUD302: a median of 100 people became 290, beyond guardrails.change.max_growth 50%",
        id="far from the median, though near the last",
    ),
    pytest.param(Day({"eligible": 10}, change=others(welcome=5)), OVERLAP, None, id="half is not above half"),
    pytest.param(Day({"no_consent": 10}, change=others(welcome=5)), OVERLAP, None, id="nobody to share"),
    pytest.param(
        Day({"eligible": 10}, change=others(welcome=6, news=9, tips=2, loyal=1)),
        OVERLAP,
        "AUD309: 60.0% of 10 people are in welcome too, above guardrails.overlap.max_share 50%; "
        "most are shared with: news 90.0%, welcome 60.0%, tips 20.0%",
        id="too many in both",
    ),
    pytest.param(
        Day({"eligible": 9}, change=stale("orders", 12)),
        {},
        "AUD301: raw tables are silent longer than they ever are: orders for 12 days",
        id="the load of orders stopped",
    ),
    pytest.param(
        Day({"eligible": 9}, change=stale("consents", 9)),
        {},
        "AUD305: raw tables are silent longer than they ever are: consents for 9 days",
        id="consents are old",
    ),
    pytest.param(
        Day({"eligible": 9}, change=stale("consents", 9)),
        {"contact": "none"},
        None,
        id="no contact needs no consents",
    ),
    pytest.param(
        Day({}, members=9, change=stale("orders", 12)), {"status": "retired"}, None, id="a retired audience ends"
    ),
    pytest.param(
        Day({"eligible": 9}, change=TRAITS_OF_YESTERDAY),
        {},
        "AUD301: 1 days lie between the traits and this day; run the models first",
        id="traits of another day",
    ),
    pytest.param(
        Day(
            {"eligible": 9, "no_consent": 1},
            change=takes_along("case when customer_id like 'e%' then 'Ada' end", "null::bigint"),
        ),
        PAYLOAD,
        None,
        id="nobody who leaves lacks a value",
    ),
    pytest.param(
        Day({"eligible": 9}, change=takes_along("case when customer_id like '%0' then 'Ada' end", "1::bigint")),
        PAYLOAD,
        "eligible candidates have no value of a payload column: name for 8",
        id="a value is missing and has no fallback",
    ),
    pytest.param(
        Day({"eligible": 9}, change=takes_along("'Ada'", "date '2026-01-01'")),
        PAYLOAD,
        "eligible candidates have no value of a payload column: orders for 9",
        id="a column of another type than its fallback",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("day", "changes", "reason"), CASES)
def test_the_limit(tmp_path: Path, day: Day, changes: dict[str, Any], reason: str | None) -> None:
    verdict = verdict_on(tmp_path, day, definition(**changes))
    assert (verdict.verdict, verdict.reason) == ("hold" if reason else "pass", reason)
