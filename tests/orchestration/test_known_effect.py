"""The loop closes: the sample shop reacts to a shipped audience, and the lift table shows by how much.

The models run on the day 60 days before the sample's last one, so that they assign people, and then on the last day.
Nothing is delivered: the shop reacts to who would be sent to, and the slots of the definition tell who that is.
"""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from scipy import stats

from audiences.gate import judge
from audiences.loader import load_definitions
from orchestration.ledgers import export_ledgers
from orchestration.sample.command import write_sample
from orchestration.sample.generator import Shop
from orchestration.sample.shipped import TRUE_EFFECT
from orchestration.settings import DEFINITIONS
from tests.conftest import Place, make_place

pytestmark = [pytest.mark.slow, pytest.mark.pipeline]

LAST_DAY = date(2026, 6, 30)
SENT_FROM = LAST_DAY - timedelta(days=60)
CAMPAIGN = "winback_offer:1"


def build(place: Place, *selected: str) -> None:
    arguments = ("--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")
    finished = place.dbt("build", "--quiet", *arguments, "--select", *selected)
    assert finished.returncode == 0, finished.stdout + finished.stderr


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A shop of 6,000 customers on its last day, whose people were assigned 60 days before."""
    place = make_place(tmp_path_factory.mktemp("shop"), LAST_DAY)
    write_sample(
        Shop(customers=6000, months=18, seed=5, end=LAST_DAY),
        place.settings.raw_dir,
        lambda *_: None,
    )
    earlier = replace(place, settings=replace(place.settings, as_of=SENT_FROM))
    build(earlier, "+audience_dispositions", "+rpt_source_freshness")
    settings = earlier.settings
    verdicts = judge(
        settings.warehouse, settings.state_dir, SENT_FROM, load_definitions(DEFINITIONS)
    )
    assert {each.audience: each.reason for each in verdicts}["churned_winback"] is None
    build(earlier, "+audience_memberships", "+audience_assignments")
    export_ledgers(settings)
    build(place, "+rpt_campaign_lift", "+rpt_campaign_lift_by_market")
    return place


def test_the_lift_table_shows_the_known_effect(shop: Place) -> None:
    """The truth lies in the interval, and chance alone is ruled out.

    Some 720 people are assigned, 8 % of them held out, of whom about 6 % order anyway; the message alone brings 20 %, a
    true lift of 19 points. Its standard error is 5.8 points without effect and 3.5 with it, so that the two-sided test
    at 5 % finds it with a power of 98 %; `test_there_are_enough_people` reckons it with the people of this shop.
    """
    [(truth, assigned)] = shop.rows(
        f"""
        select avg(cast(converts_when_sent_to as integer)) - avg(cast(converts_anyway as integer)), count(*)
        from audiences.audience_assignments
        inner join '{shop.settings.raw_dir}/_truth/reactions.parquet' as truth using (customer_id)
        where experiment || ':' || phase = truth.campaign_id and assigned_at = ?
        """,
        [SENT_FROM],
    )
    [(people, lift, low, high, verdict)] = shop.rows(
        """
        select arm_people + control_people, absolute_lift, lift_low, lift_high, verdict
        from campaigns.rpt_campaign_lift where campaign_id = ? and arm = 'offer'
        """,
        [CAMPAIGN],
    )
    assert assigned >= 0.99 * people, "the shop knows how they react; it does not foresee refunds"
    assert truth == pytest.approx(TRUE_EFFECT, abs=0.03)
    assert 0 < low <= truth <= high
    assert low <= lift <= high
    assert verdict == "better than control"


def test_there_are_enough_people(shop: Place) -> None:
    """Power of the two-sided z-test at 5 % for the true effect, with the people this shop has."""
    [(held_out, offered)] = shop.rows(
        "select control_people, arm_people from campaigns.rpt_campaign_lift where campaign_id = ?",
        [CAMPAIGN],
    )
    [(base, treated)] = shop.rows(
        f"""
        select avg(cast(converts_anyway as integer)), avg(cast(converts_when_sent_to as integer))
        from '{shop.settings.raw_dir}/_truth/reactions.parquet' where campaign_id = ?
        """,
        [CAMPAIGN],
    )
    pooled = (held_out * base + offered * treated) / (held_out + offered)
    under_none = (pooled * (1 - pooled) * (1 / held_out + 1 / offered)) ** 0.5
    under_truth = (base * (1 - base) / held_out + treated * (1 - treated) / offered) ** 0.5
    reach = stats.norm.ppf(0.975) * under_none
    assert stats.norm.sf((reach - (treated - base)) / under_truth) > 0.95


def test_markets_tell_the_same(shop: Place) -> None:
    rows = shop.rows(
        """
        select sum(arm_people), sum(control_people), sum(arm_converters), sum(control_converters)
        from campaigns.rpt_campaign_lift_by_market where campaign_id = $1 and arm = 'offer'
        union all
        select arm_people, control_people, arm_converters, control_converters
        from campaigns.rpt_campaign_lift where campaign_id = $1 and arm = 'offer'
        """,
        [CAMPAIGN],
    )
    assert rows[0] == rows[1]


def test_without_the_message_nothing_happens(shop: Place) -> None:
    """People of the holdout order as often as the shop says they do anyway."""
    [(people, expected, found)] = shop.rows(
        f"""
        select count(*), count(*) filter (where truth.converts_anyway), count(people.converted_at)
        from intermediate.int_campaign_people_measured as people
        inner join '{shop.settings.raw_dir}/_truth/reactions.parquet' as truth using (campaign_id, customer_id)
        where campaign_id = ? and people.arm = 'holdout' and is_window_over
        """,
        [CAMPAIGN],
    )
    assert people > 0
    assert abs(found - expected) <= 0.03 * people  # campaigns of the shop's own go on beside
