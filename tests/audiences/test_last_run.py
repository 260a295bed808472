"""What a bad day leaves behind is warned of, with what became of it."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from audiences.loader import check_definitions, locate
from audiences.tools.last_run import check_last_run
from tests.audiences.conftest import EXPERIMENT, LANGUAGE, SMALLEST

Write = Callable[..., Path]


@pytest.mark.parametrize(
    ("lift", "zones", "warned"),
    [
        (
            "('some_test:1', 'withheld', 2.5e-10, 0)",
            "('everybody', 'time_zone', 'fixed', 7)",
            "AUD303 experiment.arms: arms are not split as planned (p = 2.5e-10), so the lift is withheld",
        ),
        (
            "('some_test:1', 'too early', 0.4, 1200), ('other:1', 'withheld', 1e-9, 2)",
            "('everybody', 'content_locale', 'fallback', 7)",
            "AUD304 experiment.arms: 1,200 people share an address across arms;"
            " they are sent nothing new and left out of the lift",
        ),
        (
            "('some_test:1', 'no control group', null, 0)",
            "('everybody', 'time_zone', 'invalid', 3), ('other', 'time_zone', 'invalid', 9)",
            "AUD306 contact.send_window: 3 members have a time zone that is none, so the next is taken",
        ),
        ("('some_test:2', 'withheld', 1e-9, 2)", "('other', 'time_zone', 'invalid', 3)", None),
    ],
    ids=["split", "addresses", "zones", "of others"],
)
def test_what_the_last_run_saw(write: Write, lift: str, zones: str, warned: str | None) -> None:
    folder = write(SMALLEST + EXPERIMENT)
    definitions, _ = check_definitions(folder, LANGUAGE)
    warehouse = folder / "warehouse.duckdb"
    assert list(check_last_run(definitions, warehouse)) == []
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema campaigns; create schema audiences")
    assert list(check_last_run(definitions, warehouse)) == []
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            f"""
            create table campaigns.rpt_campaign_lift as
            from (values {lift}) as lifts(campaign_id, verdict, srm_p_value, arm_conflicts);
            create table audiences.audience_fallback_counts as
            from (values {zones}) as counts(audience, fact, step, members);
            """
        )
    found = [str(each) for each in locate(folder, check_last_run(definitions, warehouse))]
    assert [each.partition(": ")[2] for each in found] == ([warned] if warned else [])
