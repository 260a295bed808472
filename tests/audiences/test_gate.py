"""The gate: what holds an audience, in which words, and what it records."""

import json
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from audiences.errors import WorkError
from audiences.gate import judge
from tests.audiences.gate_days import DAY, EXPERIMENT, Day, definition, verdict_on

PASSES = [
    pytest.param(Day({"eligible": 5, "holdout": 1}), {}, id="first run of any size"),
    pytest.param(Day({"eligible": 150}, 100, 100), {}, id="grew within the limit"),
    pytest.param(Day({"eligible": 70}, 100, 100), {}, id="shrank within the limit"),
    pytest.param(
        Day({"eligible": 60, "frequency_capped": 40}, 60, 100), {}, id="who waits is no loss"
    ),
    pytest.param(
        Day({"eligible": 4, "over_capacity": 9}),
        {"guardrails": {"size": {"max": 4}}},
        id="who waits for a place takes none",
    ),
    pytest.param(Day(), {}, id="empty with nobody to lose"),
    pytest.param(Day({"no_consent": 9}), {}, id="nobody may be contacted, nobody to lose"),
    pytest.param(Day({"eligible": 90}, 0, 0), {}, id="filled again after an empty day"),
    pytest.param(
        Day({}, 3, 3),
        {"guardrails": {"allow_empty": "true", "change": {"max_shrink": "1"}}},
        id="may become empty",
    ),
    pytest.param(
        Day({"eligible": 40}),
        {"guardrails": {"size": {"min": "40", "max": "40"}}},
        id="on the bounds",
    ),
    pytest.param(Day({}, 9, 9), {"status": "retired"}, id="a retired audience ends"),
    pytest.param(
        Day({}, 9, 9),
        {"evergreen": "false", "expires_on": "2026-03-30"},
        id="an expired audience ends",
    ),
    pytest.param(
        Day({"eligible": 5}, change="delete from activation.contact_permissions"),
        {"contact": "none"},
        id="nothing to permit without contact",
    ),
    pytest.param(
        Day(
            {"eligible": 2, "holdout": 2},
            change="update audiences.audience_dispositions set arm = case disposition when 'holdout' then 'control' "
            "else 'offer' end",
        ),
        EXPERIMENT,
        id="arms fit their dispositions",
    ),
    pytest.param(
        Day(
            {"eligible": 1},
            change="insert into staging.stg_state__memberships values ('winback', 'eligible0', null)",
        ),
        EXPERIMENT,
        id="a standing member keeps an earlier arm",
    ),
]

HOLDS = [
    pytest.param(
        Day({"eligible": 151}, 100, 100),
        {},
        "AUD302: 100 people became 151, beyond guardrails.change.max_growth 50%",
        id="grew too far",
    ),
    pytest.param(
        Day({"eligible": 69, "no_consent": 40}, 100, 100),
        {},
        "AUD302: 100 people became 69, beyond guardrails.change.max_shrink 30%",
        id="shrank too far, by consent",
    ),
    pytest.param(
        Day({"eligible": 500}, 100, 100, held_before=500),
        {},
        "AUD302: 100 people became 500, beyond guardrails.change.max_growth 50%",
        id="a held day is no precedent",
    ),
    pytest.param(
        Day({"no_consent": 9}, 9),
        {},
        "AUD302: it became empty and would lose 9 members",
        id="suddenly empty",
    ),
    pytest.param(
        Day({"eligible": 3}),
        {"guardrails": {"size": {"min": "4"}}},
        "AUD302: 3 people are fewer than guardrails.size.min 4",
        id="too small",
    ),
    pytest.param(
        Day({"eligible": 3, "holdout": 2}),
        {"guardrails": {"size": {"max": "4"}}},
        "AUD302: 5 people are more than guardrails.size.max 4",
        id="too large",
    ),
    pytest.param(
        Day({"eligible": 3}, change="update activation.contact_permissions set channel = 'sms'"),
        {},
        "3 eligible candidates have no channel they allow",
        id="permission for another channel",
    ),
    pytest.param(
        Day(
            {"eligible": 3},
            change="update activation.contact_permissions set is_allowed = false where customer_id = 'eligible1'",
        ),
        {},
        "1 eligible candidates have no channel they allow",
        id="no permission",
    ),
    pytest.param(
        Day(
            {"eligible": 3},
            change="update audiences.audience_dispositions set customer_id = 'eligible1' "
            "where customer_id = 'eligible2'",
        ),
        {},
        "AUD203: 1 candidates repeat the customer_id of another",
        id="one person twice",
    ),
    pytest.param(
        Day(
            {"excluded": 3},
            change="update audiences.audience_dispositions set customer_id = null where customer_id = 'excluded2'",
        ),
        {},
        "AUD203: 1 candidates have no customer_id",
        id="nobody",
    ),
    pytest.param(
        Day(
            {"eligible": 3},
            change="delete from audiences.audience_dispositions where customer_id = 'eligible2'",
        ),
        {},
        "3 customers match but 2 have a disposition",
        id="somebody vanished",
    ),
    pytest.param(
        Day({"eligible": 3}, change="update audiences.audience_dispositions set arm = 'control'"),
        EXPERIMENT,
        "3 candidates are in an arm that does not fit their disposition",
        id="held-out people about to be delivered",
    ),
]


@pytest.mark.parametrize(("day", "changes"), PASSES)
def test_passes(tmp_path: Path, day: Day, changes: dict[str, Any]) -> None:
    verdict = verdict_on(tmp_path, day, definition(**changes))
    assert (verdict.verdict, verdict.reason) == ("pass", None)


@pytest.mark.parametrize(("day", "changes", "reason"), HOLDS)
def test_holds_and_says_why(tmp_path: Path, day: Day, changes: dict[str, Any], reason: str) -> None:
    verdict = verdict_on(tmp_path, day, definition(**changes))
    assert (verdict.verdict, verdict.reason) == ("hold", reason)


def test_the_verdicts_are_recorded_and_replaced(tmp_path: Path) -> None:
    verdict_on(tmp_path, Day({"eligible": 3, "no_consent": 2}, members=1), definition())
    judge(tmp_path / "warehouse.duckdb", tmp_path / "state", DAY, [definition()])
    [file] = (tmp_path / "state").rglob("*.parquet")
    assert file.parent == tmp_path / "state" / "gate_verdicts" / "as_of=2026-03-31"
    [row] = pq.read_table(file, partitioning=None).to_pylist()
    assert json.loads(row.pop("dispositions")) == {"eligible": 3, "no_consent": 2}
    assert row == {
        "audience": "winback",
        "verdict": "pass",
        "reason": None,
        "base_size": 6,
        "matched": 5,
    }


def test_drafts_get_no_verdict(tmp_path: Path) -> None:
    Day().write(tmp_path / "warehouse.duckdb")
    drafts = [definition(status="draft")]
    assert judge(tmp_path / "warehouse.duckdb", tmp_path / "state", DAY, drafts) == []


def test_without_candidates_there_is_no_verdict(tmp_path: Path) -> None:
    duckdb.connect(str(tmp_path / "warehouse.duckdb")).close()
    with pytest.raises(WorkError, match="no audiences to read yet"):
        judge(tmp_path / "warehouse.duckdb", tmp_path / "state", DAY, [definition()])
    assert not (tmp_path / "state").exists()
