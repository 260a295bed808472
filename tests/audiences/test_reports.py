"""Looking at audiences in a warehouse: preview, history, sizes, changes, overlap."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from audiences.errors import InputError, WorkError
from audiences.language.starter import write_start
from audiences.loader import load_definitions
from audiences.tools.changes import changes
from audiences.tools.masked import masked
from audiences.tools.overlap import overlap
from audiences.tools.preview import Preview
from audiences.tools.preview import preview as read_preview
from audiences.tools.reports import Size, audiences_in, history, last_deliveries, sizes
from audiences.tools.rule_counts import RuleCount
from tests.audiences.conftest import LANGUAGE, SMALLEST

TABLES = """
    create schema activation;
    create schema audiences;
    create table activation.customer_traits as
    select date '2026-03-03' as as_of_date, 'c' || n as customer_id, 'person' || n || '@example.com' as email,
        'Ada' as first_name, if(n < 3, 'DE', null) as country, 'active' as lifecycle_stage, n as order_count
    from range(10) as numbers(n);
    create table audiences.audience_settings as select unnest(['buyers', 'quiet', 'empty']) as audience;
    create table audiences.audience_dispositions as
    select 'buyers' as audience, customer_id, if(order_count > 6, 'email', null) as contact_channel,
        'message' as arm, if(order_count > 6, 'eligible', 'no_consent') as disposition
    from activation.customer_traits where order_count > 3;
    create table audiences.audience_memberships as
    select
        audience, customer_id, entry_seq, cast(entered_at as timestamp) as entered_at,
        cast(exited_at as timestamp) as exited_at, exit_reason, arm, is_delivered
    from (values
        ('buyers', 'c7', 1, '2026-03-01', null, null, 'message', true),
        ('buyers', 'c8', 1, '2026-03-01', '2026-03-03', 'rule', 'message', true),
        ('buyers', 'c9', 1, '2026-03-01', '2026-03-01', 'consent', 'message', true),
        ('buyers', 'c9', 2, '2026-03-03', null, null, 'message', true),
        ('buyers', 'c6', 1, '2026-03-03', null, null, 'holdout', false),
        ('quiet', 'c7', 1, '2026-03-01', null, null, null, true),
        ('forgotten', 'c7', 1, '2026-03-01', '2026-03-02', 'audience_ended', null, true)
    ) as t(audience, customer_id, entry_seq, entered_at, exited_at, exit_reason, arm, is_delivered);
    create table audiences.audience_members as
    select audience, 'email' as contact_channel from audiences.audience_memberships
    where exited_at is null and is_delivered;
    create table audiences.audience_member_facts as
    select audience, customer_id, if(customer_id = 'c9', 'WB15', null) as offer_id
    from audiences.audience_memberships where exited_at is null and is_delivered;
    create table audiences.audience_fallback_counts as
    from (values
        ('buyers', 'content_locale', 'exact', 1), ('buyers', 'content_locale', 'fallback', 1),
        ('buyers', 'time_zone', 'profile', 1), ('buyers', 'time_zone', 'market', 1), ('quiet', 'time_zone', 'market', 1)
    ) as t(audience, fact, step, members);
    create table audiences.audience_runs as
    select as_of_date, 'buyers' as audience, 6 as matched, eligible, 1 as holdout, verdict,
        if(verdict = 'hold', 'it grew by half', null) as reason
    from (values (date '2026-03-01', 2, 'pass'), (date '2026-03-03', 3, 'hold')) as t(as_of_date, eligible, verdict);
"""


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    file = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute(TABLES)
    return file


def preview(
    warehouse: Path, rule: str = "{ column: order_count, gt: 3 }", added: str = ""
) -> Preview:
    text = SMALLEST.replace("everybody", "buyers") + added
    text = text.replace("{ column: order_count, gte: 1 }", rule)
    definitions = warehouse.with_name("definitions")
    definitions.mkdir(exist_ok=True)
    (definitions / "buyers.yml").write_text(text)
    [one] = load_definitions(definitions, LANGUAGE)
    return read_preview(warehouse, one, LANGUAGE.traits, rows=2)


PAYLOAD = """\
payload:
  columns:
    country: { from: country, fallback: DE }
    buys: { from: order_count, fallback: "0" }
    offer: { from: offer_id, fallback: none }
"""


def test_what_members_did_not_have_themselves(warehouse: Path) -> None:
    of_all = [
        {"fact": "content_locale", "step": "fallback", "members": 1},
        {"fact": "time_zone", "step": "market", "members": 1},
    ]
    assert preview(warehouse).fallbacks == of_all
    assert preview(warehouse, added=PAYLOAD).fallbacks == [
        *of_all,
        {"fact": "country", "step": "fallback", "members": 2},
        {"fact": "offer", "step": "fallback", "members": 1},
    ]


def test_the_waterfall_accounts_for_everybody(warehouse: Path) -> None:
    seen = preview(warehouse)
    assert seen.waterfall == [
        ("base", 10),
        ("not_matched", 4),
        ("no_consent", 3),
        ("eligible", 3),
    ]
    assert seen.eligible_before == (date(2026, 3, 1), 2)
    assert seen.breakdowns == {"country": [{"country": "(unknown)", "matched": 6, "eligible": 3}]}
    assert seen.reach == [{"channel": "email", "eligible": 3}]
    assert [pair["other"] for pair in seen.overlaps] == ["quiet"]
    assert len(seen.sample) == 2
    shown = str(seen.sample)
    assert "person" not in shown
    assert "example.com" not in shown


def test_rules_are_counted_alone_in_order_and_without_each(warehouse: Path) -> None:
    rule = (
        "{ all: [{ column: order_count, gte: 2 }, { any: [{ column: order_count, lt: 8 },"
        " { column: country, eq: FR }] }, { not: { column: country, eq: DE } }] }\n"
        "exclude: { column: order_count, eq: 1 }"
    )
    assert preview(warehouse, rule).rules == [
        RuleCount("order_count at least 2", keeps=8, left=8, drops_alone=0),
        RuleCount(
            "any of (order_count less than 8; country is FR)", keeps=8, left=6, drops_alone=0
        ),
        RuleCount("not (country is DE)", keeps=0, left=0, drops_alone=6),
        RuleCount("not excluded: order_count is 1", keeps=9, left=0, drops_alone=0),
    ]


def test_a_rule_the_last_run_did_not_count_is_said(warehouse: Path) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create table audiences.audience_event_counts (customer_id varchar)")
    with pytest.raises(WorkError, match="buyers asks for something the last run did not count"):
        preview(warehouse, "{ event: order_completed }")


def test_history_has_a_row_a_day(warehouse: Path) -> None:
    first, second, third = history(warehouse, "buyers")
    assert (first["entered"], first["left"], first["verdict"]) == (3, 1, "pass")
    assert (second["day"], second["verdict"], second["matched"]) == (
        date(2026, 3, 2),
        "skipped",
        None,
    )
    assert (third["entered"], third["left"], third["reason"]) == (2, 1, "it grew by half")
    assert [day["verdict"] for day in history(warehouse, "forgotten")] == [None, None]
    with pytest.raises(WorkError, match="nothing is known"):
        history(warehouse, "nobody")


def test_sizes_count_the_withheld_apart(warehouse: Path, tmp_path: Path) -> None:
    assert sizes(warehouse) == {
        "buyers": Size(
            2, 1, change=0, reach={"email": 2}, verdict="hold", reason="it grew by half"
        ),
        "quiet": Size(1, 0, change=0, reach={"email": 1}),
        "empty": Size(0, 0, change=0, reach={}),
    }
    assert sizes(tmp_path / "nothing.duckdb") == {}
    assert audiences_in(warehouse) == {"buyers", "quiet", "empty", "forgotten"}


def test_the_last_delivery_is_what_a_destination_accepted(tmp_path: Path) -> None:
    assert last_deliveries(tmp_path) == {}
    for day, status in (("2026-03-01", "accepted"), ("2026-03-02", "rejected")):
        folder = tmp_path / "receipts" / f"as_of={day}"
        folder.mkdir(parents=True)
        duckdb.sql(f"select 'buyers' as audience, '{status}' as status").write_parquet(
            str(folder / "a_sync__run.parquet")
        )
    assert last_deliveries(tmp_path) == {"buyers": date(2026, 3, 1)}


def test_changes_add_up(warehouse: Path) -> None:
    """Who left and came back counts for both; so then + entered - left is now."""
    for since in (date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 3)):
        found = changes(warehouse, "buyers", since)
        assert found.size_then + found.entered - found.left == found.size_now == 3
    found = changes(warehouse, "buyers", date(2026, 3, 1), rows=9)
    assert (found.size_then, found.entered, found.left) == (2, 2, 1)
    assert [(row["what"], row["why"], row["people"], row["withheld"]) for row in found.reasons] == [
        ("entered", "came back", 1, 0),
        ("entered", "first entry", 1, 1),
        ("left", "rule", 1, 0),
    ]
    assert [row["customer_id"] for row in found.people] == ["***"] * 3
    with pytest.raises(InputError, match="2026-03-04 is after the last run"):
        changes(warehouse, "buyers", date(2026, 3, 4))
    with pytest.raises(WorkError, match="nobody was ever in empty"):
        changes(warehouse, "empty", date(2026, 3, 1))


def test_of_an_id_never_more_than_a_third_is_shown() -> None:
    shown = {
        text: duckdb.execute(f"select {masked('$1')}", [text]).fetchall()[0][0]
        for text in ("7", "c6", "c17", "c00017", "customer-17")
    }
    assert list(shown.values()) == ["***", "***", "c***", "c0***", "cu***"]


def test_changes_of_nobody_left_are_said(warehouse: Path) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            "create or replace table activation.customer_traits as from activation.customer_traits limit 0"
        )
    with pytest.raises(WorkError, match="no customers any more"):
        changes(warehouse, "buyers", date(2026, 3, 1))


def test_every_pair_appears(warehouse: Path) -> None:
    pairs = overlap(warehouse)
    assert [(pair["audience"], pair["other"], pair["in_both"]) for pair in pairs] == [
        ("buyers", "quiet", 1),
        ("buyers", "empty", 0),
        ("empty", "quiet", 0),
    ]
    assert (pairs[0]["people"], pairs[0]["other_people"]) == (3, 1)
    assert [pair["share_of_smaller"] for pair in pairs] == [1.0, None, None]
    first, second = overlap(warehouse, of="quiet")
    assert (first["audience"], first["people"], first["other"]) == ("quiet", 1, "buyers")
    assert (second["audience"], second["other"]) == ("quiet", "empty")


def test_what_is_not_there_is_said(warehouse: Path, tmp_path: Path) -> None:
    with pytest.raises(WorkError, match=r"no warehouse nothing\.duckdb"):
        overlap(tmp_path / "nothing.duckdb")
    (tmp_path / "broken.duckdb").write_text("no database" * 1000)
    with pytest.raises(WorkError, match=r"broken\.duckdb is not a warehouse"):
        overlap(tmp_path / "broken.duckdb")
    duckdb.connect(str(tmp_path / "empty.duckdb")).close()
    with pytest.raises(WorkError, match="no audiences to read yet"):
        overlap(tmp_path / "empty.duckdb")
    assert sizes(tmp_path / "empty.duckdb") == {}
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("delete from audiences.audience_settings")
    with pytest.raises(WorkError, match="audience buyers is not in the warehouse yet"):
        preview(warehouse)


def test_a_new_definition_is_written_once(tmp_path: Path) -> None:
    file = write_start(tmp_path, "loyal_buyers", "newsletter")
    with pytest.raises(InputError, match=r"loyal_buyers\.yml exists already"):
        write_start(tmp_path, "loyal_buyers", "newsletter")
    with pytest.raises(InputError, match="reserved"):
        write_start(tmp_path, "audience_x", "newsletter")
    assert file.read_text().startswith("#")
    assert "newsletter" in LANGUAGE.purposes
