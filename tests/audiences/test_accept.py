"""`perennial audiences accept`: a held audience passes once, as it was seen, and not for what must never leave."""

from pathlib import Path
from typing import Any

import duckdb
import pytest

from audiences.errors import InputError, WorkError
from audiences.gate import Verdict, judge
from audiences.guards.acceptances import read_acceptances
from audiences.guards.release import accept
from tests.audiences.gate_days import DAY, Day, definition, verdict_on

GREW = "AUD302: 100 people became 500, beyond guardrails.change.max_growth 50%"


class Shop:
    """A warehouse, a state folder, and one audience."""

    def __init__(self, folder: Path, day: Day, **changes: Any) -> None:
        self.audience = definition(**changes)
        self.state = folder / "state"
        self.warehouse = folder / "warehouse.duckdb"
        self.first = verdict_on(folder, day, self.audience)

    def accept(self, name: str = "winback") -> tuple[str, ...]:
        return accept(self.warehouse, self.state, [self.audience], name).reasons

    def run_again(self, change: str = "select 1") -> Verdict:
        with duckdb.connect(str(self.warehouse)) as connection:
            connection.execute(change)
        [verdict] = judge(self.warehouse, self.state, DAY, [self.audience])
        return verdict


def more(people: int) -> str:
    """So many people more in the audience."""
    return f"""
        insert into audiences.audience_dispositions
        select 'winback', 'more' || n, 'eligible', null from range({people}) as r(n);
        insert into audiences.audience_matches select 'more' || n, true from range({people}) as r(n);
        insert into activation.contact_permissions
        select 'more' || n, 'push', 'marketing_promotions', true from range({people}) as r(n);
        """


@pytest.fixture
def grown(tmp_path: Path) -> Shop:
    return Shop(tmp_path, Day({"eligible": 500}, 100, 100))


def test_an_accepted_audience_passes_and_keeps_the_reason(grown: Shop) -> None:
    assert (grown.first.verdict, grown.first.is_acceptable) == ("hold", True)
    assert grown.accept() == (GREW,)
    again = grown.run_again()
    assert (again.verdict, again.reason) == ("pass", f"accepted: {GREW}")


@pytest.mark.parametrize(("people", "verdict"), [(5, "pass"), (6, "hold")])
def test_about_the_same_number_passes_another_does_not(
    grown: Shop, people: int, verdict: str
) -> None:
    grown.accept()
    assert grown.run_again(more(people)).verdict == verdict


def test_what_was_not_accepted_holds(grown: Shop) -> None:
    grown.accept()
    stale = "insert into monitoring.rpt_source_freshness values ('orders', 9, true)"
    assert grown.run_again(stale).verdict == "hold"


def test_another_day_is_not_released(grown: Shop) -> None:
    grown.accept()
    assert list(read_acceptances(grown.state, DAY)) == ["winback"]
    assert read_acceptances(grown.state, DAY.replace(day=30)) == {}


def test_accepting_again_replaces_what_was_accepted(grown: Shop) -> None:
    grown.accept()
    grown.run_again(more(50))
    assert grown.accept() == (GREW.replace("500", "550"),)
    assert [breach.value for breach in read_acceptances(grown.state, DAY)["winback"]] == [550]
    assert grown.run_again().verdict == "pass"


@pytest.mark.parametrize(
    ("day", "changes"),
    [
        pytest.param(Day({}, 9, 9), {}, id="empty, and shrunk"),
        pytest.param(Day({"eligible": 3}), {"guardrails": {"size": {"min": "4"}}}, id="small"),
        pytest.param(
            Day(
                {"eligible": 3},
                change="insert into monitoring.rpt_source_freshness values ('orders', 9, true)",
            ),
            {},
            id="stale",
        ),
    ],
)
def test_every_limit_of_a_size_may_be_accepted(
    tmp_path: Path, day: Day, changes: dict[str, Any]
) -> None:
    shop = Shop(tmp_path, day, **changes)
    shop.accept()
    assert shop.run_again().verdict == "pass"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("delete from activation.contact_permissions", id="consent"),
        pytest.param("update audiences.audience_dispositions set customer_id = 'one'", id="ids"),
        pytest.param("delete from audiences.audience_dispositions", id="sums"),
        pytest.param("update activation.customer_traits set as_of_date = '2026-03-30'", id="day"),
    ],
)
def test_some_things_are_never_accepted(tmp_path: Path, change: str) -> None:
    shop = Shop(tmp_path, Day({"eligible": 500}, 100, 100, change=change))
    assert not shop.first.is_acceptable
    with pytest.raises(WorkError):
        shop.accept()
    assert read_acceptances(shop.state, DAY) == {}


def test_nothing_to_accept(tmp_path: Path) -> None:
    with pytest.raises(WorkError, match="nothing holds it"):
        Shop(tmp_path, Day({"eligible": 3})).accept()


def test_an_accepted_audience_has_nothing_more_to_accept(grown: Shop) -> None:
    grown.accept()
    with pytest.raises(WorkError, match="accepted: AUD302: 100 people became 500"):
        grown.accept()


def test_an_unknown_audience_names_the_nearest(grown: Shop) -> None:
    with pytest.raises(InputError) as raised:
        grown.accept("winbakc")
    assert raised.value.fix == "did you mean `winback`?"


def test_before_the_first_run(tmp_path: Path) -> None:
    with pytest.raises(WorkError, match="no audience has been judged yet"):
        accept(tmp_path / "w.duckdb", tmp_path / "state", [definition()], "winback")
