"""Any history of days keeps the books in order."""

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.audiences.days import DAY, dispositions, memberships, permission, traits
from tests.audiences.dbt_sql import House

STAGES = st.sampled_from(["active", "active", "churned", None])
REASONS = st.sampled_from(["granted", "granted", "withdrawn", "complained"])
PERSON_DAY = st.one_of(st.none(), st.tuples(STAGES, REASONS))
HISTORY = st.lists(
    st.tuples(
        st.lists(PERSON_DAY, min_size=4, max_size=4), st.sampled_from(["pass", "pass", "hold"])
    ),
    min_size=2,
    max_size=8,
)


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(history=HISTORY)
def test_any_history(house: House, history: list[tuple[list[tuple[str, str] | None], str]]) -> None:
    for ledger in ("assignments", "memberships", "gate_verdicts"):
        house.state.execute(f"delete from {ledger}")
    arms: dict[object, object] = {}
    for offset, (people, verdict) in enumerate(history):
        day = DAY + timedelta(days=offset)
        if offset % 2:
            house.start_anew()
        here = {f"c{index}": seen for index, seen in enumerate(people) if seen}
        house.fill(
            "activation.customer_traits", [traits(who, stage) for who, (stage, _) in here.items()]
        )
        house.fill(
            "activation.contact_permissions",
            [permission(who, why) for who, (_, why) in here.items()],
        )
        house.run_day(day, {"buyers": verdict, "everybody": "pass"})
        check_day(house, here)
        for person, arm in house.rows(
            "select customer_id, arm from audiences.audience_assignments"
        ):
            assert arms.setdefault(person, arm) == arm
    before = memberships(house)
    house.run_day(day, {"buyers": verdict, "everybody": "pass"})
    assert memberships(house) == before


def check_day(house: House, here: dict[str, tuple[str, str]]) -> None:
    """What holds on any day."""
    matched = {person for person, (stage, _) in here.items() if stage == "active"}
    assert set(dispositions(house)) == matched
    assert set(dispositions(house, "everybody")) == set(here)
    withheld = {row[0] for row in memberships(house) if row[3] is None and not row[-1]}
    delivered = {person for (person,) in house.rows("select customer_id from audiences.buyers")}
    assert withheld.isdisjoint(delivered)
    overlaps = house.rows(
        """
        select 1 from audiences.audience_memberships as one
        inner join audiences.audience_memberships as other
            on one.audience = other.audience and one.customer_id = other.customer_id
            and one.entry_seq < other.entry_seq
        where one.exited_at is null or one.exited_at > other.entered_at
        """
    )
    assert overlaps == []
