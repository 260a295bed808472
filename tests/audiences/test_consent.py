"""What a definition says about consent: it can only leave more people alone."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audiences.compiler import compile_definitions
from audiences.errors import InputError
from audiences.language.consent import SUPPRESSIONS
from audiences.language.purposes import read_sensitive_purposes
from audiences.loader import check_definitions, load_definitions
from tests.audiences.conftest import LANGUAGE, SMALLEST
from tests.audiences.days import DAY, PASS, WITH_TEST, define, dispositions, permission, traits
from tests.audiences.dbt_sql import House

Write = Callable[..., Path]
ON_EMAIL = WITH_TEST.replace("[email, push]", "[email]")
SAID = {
    "granted": "granted",
    "bounced": "bounced_hard",
    "complained": "complained",
    "objected": "objected",
    "young": "minor",
    "withdrawn": "withdrawn",
    "unconfirmed": "unconfirmed",
    "silent": "unknown_opt_in",
    "silent_american": "unknown_opt_out",
}


def outcomes(house: House, folder: Path, contact: str) -> dict[str, str]:
    define(house, folder, buyers=ON_EMAIL.replace("[email]", f"[email]{contact}"))
    house.fill("activation.customer_traits", [traits(person) for person in SAID])
    house.fill(
        "activation.contact_permissions", [permission(who, why) for who, why in SAID.items()]
    )
    house.run_day(DAY, PASS)
    return {
        person: "contacted" if outcome in ("eligible", "holdout") else outcome
        for person, outcome in dispositions(house).items()
    }


def test_who_must_be_left_alone_is_suppressed(house: House, tmp_path: Path) -> None:
    assert outcomes(house, tmp_path, "") == {
        "granted": "contacted",
        "silent_american": "contacted",
        **dict.fromkeys(["bounced", "complained", "objected", "young"], "suppressed"),
        **dict.fromkeys(["withdrawn", "unconfirmed", "silent"], "no_consent"),
    }


@pytest.mark.parametrize("listed", ["[]", "[minor]", "[hard_bounce, complaint, erasure_pending]"])
def test_a_reason_left_out_makes_nobody_contactable(
    house: House, tmp_path: Path, listed: str
) -> None:
    found = outcomes(house, tmp_path, f", suppress: {listed}")
    contacted = {who for who, what in found.items() if what == "contacted"}
    assert contacted == {"granted", "silent_american"}
    assert found["young"] == ("suppressed" if "minor" in listed else "no_consent")
    assert found["bounced"] == ("suppressed" if "hard_bounce" in listed else "no_consent")


def test_silence_can_be_made_a_no_everywhere(house: House, tmp_path: Path) -> None:
    found = outcomes(house, tmp_path, ", consent: { unknown: deny }")
    assert found["silent_american"] == "no_consent"
    assert found["granted"] == "contacted"


def test_an_objection_suppresses_where_it_stands_on_every_channel(
    house: House, tmp_path: Path
) -> None:
    define(house, tmp_path, buyers=WITH_TEST)
    people = ["everywhere", "on_email", "by_push"]
    house.fill("activation.customer_traits", [traits(person) for person in people])
    house.fill(
        "activation.contact_permissions",
        [
            *(permission(person, "objected") for person in people),
            permission("everywhere", "objected", "push"),
            permission("on_email", "withdrawn", "push"),
            permission("by_push", "granted", "push"),
        ],
    )
    house.run_day(DAY, PASS)
    found = dispositions(house)
    assert found["everywhere"] == "suppressed"
    assert found["on_email"] == "no_consent"
    assert found["by_push"] in ("eligible", "holdout")


CONDITIONS = ["{ column: gender, eq: f }", '{ sql: "gender = \'f\'", reason: "who it is for" }']


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_purpose_may_use_the_sensitive_traits_it_names(write: Write, condition: str) -> None:
    asking = SMALLEST.replace("{ column: order_count, gte: 1 }", condition)
    _, problems = check_definitions(write(asking), LANGUAGE)
    assert [problem.code for problem in problems] == ["AUD204"]
    assert "consent_purposes.csv" in problems[0].fix

    folder = write(asking.replace("purpose: newsletter", "purpose: pregnancy_club"))
    files = compile_definitions(load_definitions(folder, LANGUAGE), LANGUAGE.written_traits)
    assert "gender = 'f'" in files["audience_matches.sql"]


def test_the_seed_names_sensitive_traits_by_purpose(tmp_path: Path) -> None:
    seed = tmp_path / "consent_purposes.csv"
    kinds = {"gender": "text", "age": "number"}
    seed.write_text("purpose,sensitive_traits\nnewsletter,\nhealth, age | gender\n")
    assert read_sensitive_purposes(seed, kinds) == {"health": {"age": "number", "gender": "text"}}
    seed.write_text("purpose,sensitive_traits\nhealth,gendre\n")
    with pytest.raises(InputError, match="'gendre' is not a sensitive column") as caught:
        read_sensitive_purposes(seed, kinds)
    assert caught.value.fix == "did you mean `gender`?"
    seed.write_text("purpose\nhealth\n")
    with pytest.raises(InputError, match="no seed with columns"):
        read_sensitive_purposes(seed, kinds)


CHANNELS = ["email", "sms", "push", "whatsapp", "webhook"]
CONTACTS = st.fixed_dictionaries(
    {"channels": st.lists(st.sampled_from(CHANNELS), min_size=1, unique=True)},
    optional={
        "consent": st.fixed_dictionaries({}, optional={"unknown": st.just("deny")}),
        "suppress": st.lists(st.sampled_from(list(SUPPRESSIONS)), unique=True),
    },
)
SAYINGS = st.lists(
    st.dictionaries(st.sampled_from(CHANNELS), st.sampled_from(sorted(set(SAID.values())))),
    min_size=12,
    max_size=12,
)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(contact=CONTACTS, said=SAYINGS)
def test_whatever_is_written_nobody_is_contacted_without_consent(
    house: House, tmp_path: Path, contact: dict[str, Any], said: list[dict[str, str]]
) -> None:
    define(house, tmp_path, buyers=ON_EMAIL.replace("{ channels: [email] }", json.dumps(contact)))
    house.warehouse.close()
    house.start_anew()
    house.state.execute("delete from memberships; delete from assignments")
    people = {f"p{number}": decisions for number, decisions in enumerate(said)}
    house.fill("activation.customer_traits", [traits(one, phone="+4930123456") for one in people])
    house.fill(
        "activation.contact_permissions",
        [
            permission(one, why, channel)
            for one, decisions in people.items()
            for channel, why in decisions.items()
        ],
    )
    house.run_day(DAY, PASS)
    sent = house.rows("select customer_id, contact_channel from audiences.buyers")
    agreed = {"granted"} if contact.get("consent") else {"granted", "unknown_opt_out"}
    for person, channel in sent:
        assert channel in contact["channels"]
        assert people[str(person)].get(str(channel)) in agreed
