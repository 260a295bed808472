"""The ready campaigns: all there, each whole, and named on their page."""

import re
from pathlib import Path

import pytest
import yaml

from audiences.dispositions import NOT_MATCHED
from audiences.language.conditions import Column
from audiences.language.rules import leaves
from audiences.loader import load_definitions
from audiences.models.compiled import read_names
from audiences.spec import Definition
from orchestration.settings import DBT_PROJECT, DEFINITIONS

DOCS = Path(__file__).resolve().parents[2] / "docs"
CAMPAIGNS = {
    "onboarding": {
        "onboarding_welcome_1",
        "onboarding_welcome_2",
        "onboarding_welcome_3",
        "onboarding_next_step",
        "onboarding_stalled",
        "onboarding_needs_help",
        "new_customers_welcome",
        "newsletter_welcome",
        "lead_nurture",
        "account_unused",
    },
    "engagement": {
        "engagement_unused_feature",
        "engagement_interest_content",
        "loyal_offer",
        "community_invite",
        "cross_sell",
        "replenishment_due",
        "review_request",
        "delivery_survey",
        "delay_apology",
    },
    "churn_prevention": {
        "at_risk_high_value",
        "at_risk_saver",
        "at_risk_unhappy",
        "at_risk_fading",
        "exit_survey",
        "value_summary",
    },
    "reactivation": {"churned_winback", "winback_gold", "winback_silver", "whats_new_since"},
    "referral": {"referral_invite", "referral_reward", "referral_reward_friend"},
    "loyalty": {"loyalty_tier_up", "loyalty_near_tier", "points_expiring", "loyalty_perks"},
    "cart": {"cart_reminder_1", "cart_reminder_2", "cart_reminder_3", "browse_reminder"},
}
ANALYSIS = {"best_customers", "one_time_buyers", "slipping_away"}
OUTSIDE_GROUPS = {"churned_winback", "new_customers_welcome"}
STEPS = {
    "onboarding": ["onboarding_welcome_1", "onboarding_welcome_2", "onboarding_welcome_3"],
    "cart": ["cart_reminder_1", "cart_reminder_2", "cart_reminder_3"],
}
RISK_DRIVERS = {"risk_driver_1", "risk_driver_2", "risk_driver_3"}

DEFINED = {one.audience: one for one in load_definitions(DEFINITIONS)}
NAMES = sorted(set().union(*CAMPAIGNS.values()))


def header(name: str) -> str:
    lines = (DEFINITIONS / f"{name}.yml").read_text(encoding="utf-8").splitlines()
    return " ".join(line.removeprefix("# ") for line in lines if line.startswith("#"))


def asks(one: Definition, side: str) -> set[str]:
    condition = getattr(one, side)
    found = leaves(condition) if condition is not None else ()
    return {leaf.column for leaf, _ in found if isinstance(leaf, Column)}


def sent(one: Definition) -> set[str]:
    return {column.from_ for column in one.payload.columns.values()} if one.payload else set()


def test_every_campaign_is_there_and_whole() -> None:
    programs: dict[str, set[str]] = {program: set() for program in CAMPAIGNS}
    for one in DEFINED.values():
        if one.program:
            programs[one.program.name].add(one.audience)
    assert programs == CAMPAIGNS
    assert DEFINED.keys() == {*NAMES, *ANALYSIS}


@pytest.mark.parametrize("name", NAMES)
def test_a_campaign_says_what_it_is_for(name: str) -> None:
    one = DEFINED[name]
    assert one.goal
    assert one.goal.baseline
    assert one.goal.target
    assert one.goal.by
    assert one.goal.target > one.goal.baseline
    assert (one.priority is None) == (name in OUTSIDE_GROUPS)
    assert len(header(name)) > 40
    if name == "new_customers_welcome":
        return
    assert one.payload
    assert one.payload.content
    assert {"first_name", "send_at_utc"} <= sent(one)


@pytest.mark.parametrize("name", NAMES)
def test_a_campaign_holds_people_out_or_says_why_not(name: str) -> None:
    one = DEFINED[name]
    if one.experiment is None:
        assert "obody is held out" in header(name)
        return
    arms = one.experiment.arms
    assert sum(last - first + 1 for first, last in (arm.slots for arm in arms.values())) == 10000
    assert [arm.slots for arm in arms.values() if not arm.delivers] == [(0, 999)]


@pytest.mark.parametrize("name", sorted(DEFINED))
def test_an_audience_tests_who_enters_and_who_does_not(name: str) -> None:
    expected = [test.expect.disposition for test in DEFINED[name].tests]
    assert ("eligible",) in expected
    assert any(one == (NOT_MATCHED,) for one in expected)


def test_an_apology_comes_before_an_offer() -> None:
    for one in DEFINED.values():
        if (
            one.purpose == "marketing_promotions"
            and one.contact
            and one.audience not in OUTSIDE_GROUPS
        ):
            assert "has_unresolved_bad_experience" in asks(one, "exclude"), one.audience


def test_a_discount_is_for_who_may_have_one() -> None:
    asked = {name for name in DEFINED if "is_discount_allowed" in asks(DEFINED[name], "match")}
    assert asked == {"loyal_offer", "winback_gold"}
    assert "recommended_action" in asks(DEFINED["at_risk_saver"], "match")


def test_reactivation_is_for_the_lost_alone_and_capped() -> None:
    for name in CAMPAIGNS["reactivation"]:
        leaf = next(leaf for leaf, _ in leaves(DEFINED[name].match))
        assert isinstance(leaf, Column)
        assert (leaf.column, leaf.values) == ("lifecycle_stage", ("churned",))
    entry = DEFINED["winback_gold"].entry
    assert entry.capacity
    assert entry.max_entries
    assert entry.reentry_after


def test_risk_drivers_go_with_the_letters_about_risk() -> None:
    for name in CAMPAIGNS["churn_prevention"] - {"exit_survey"}:
        assert sent(DEFINED[name]) >= RISK_DRIVERS


@pytest.mark.parametrize("program", STEPS)
def test_steps_share_their_experiment_and_their_goal(program: str) -> None:
    steps = [DEFINED[name] for name in STEPS[program]]
    assert [one.step for one in steps] == [1, 2, 3]
    assert [one.follows.step if one.follows else None for one in steps] == [None, 1, 2]
    assert len({str(one.experiment) for one in steps}) == 1
    assert len({str(one.goal) for one in steps}) == 1


def test_every_offer_is_given_by_somebody() -> None:
    given = {one.payload.offer for one in DEFINED.values() if one.payload}
    for one in DEFINED.values():
        arms = one.experiment.arms.values() if one.experiment else ()
        given |= {arm.payload.offer_id for arm in arms if arm.payload}
    offers = read_names(DBT_PROJECT / "seeds" / "offers.csv", "offer_id")
    assert offers == given - {None, "none"}


def test_salts_are_used_once() -> None:
    salts: dict[str, set[str]] = {}
    for one in DEFINED.values():
        if one.experiment:
            salts.setdefault(one.experiment.salt, set()).add(one.experiment.key)
    assert all(len(keys) == 1 for keys in salts.values())
    assert len(salts) == len({key for keys in salts.values() for key in keys})


def test_their_page_names_them_all_and_no_other() -> None:
    page = (DOCS / "campaigns.md").read_text(encoding="utf-8")
    table = re.findall(r"^\|[^|]*\| (`[^|]+) \|[^|]+\|[^|]*\|$", page, re.MULTILINE)
    named = [name for cell in table for name in re.findall(r"`(\w+)`", cell)]
    assert sorted(name for name in named if name in DEFINED) == sorted(DEFINED)
    assert set(named) <= DEFINED.keys()


def test_what_the_page_names_elsewhere_exists() -> None:
    page = (DOCS / "campaigns.md").read_text(encoding="utf-8")
    for path in re.findall(r"`([\w/]+\.csv)`", page):
        assert (DOCS.parent / path).exists(), path
    variables = yaml.safe_load((DBT_PROJECT / "dbt_project.yml").read_text())["vars"]
    assert "discount_min_margin_share" in variables
