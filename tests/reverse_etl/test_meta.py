"""Meta: values as its own package makes them, what it says of rows, limits, errors, and whom it is told of."""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import httpx
import pytest
from facebook_business.adobjects.customaudience import CustomAudience
from facebook_business.adobjects.serverside.normalize import Normalize

from audiences.erasures import bury
from reverse_etl.context import SyncContext
from reverse_etl.destinations.meta_values import FIELDS, matched
from reverse_etl.errors import SyncError
from reverse_etl.forgetting import forget_in_ledgers
from reverse_etl.rates import Rate
from reverse_etl.simulators.base import Fault
from reverse_etl.simulators.meta import MetaSimulator
from reverse_etl.spec import Sync
from reverse_etl.sync import apply_sync
from tests.reverse_etl.conftest import WEBHOOK, MakeSync, Shop
from tests.reverse_etl.counterparts.meta import AUDIENCE

TOKEN, SECRET = "EAAsimulated", "app-secret"
DOCUMENT = WEBHOOK | {
    "sync": "people_to_meta",
    "destination": "meta",
    "mapping": {
        "EXTERN_ID": {"column": "customer_id"},
        "EMAIL": {"column": "email"},
        "FN": {"column": "first_name"},
        "DOBY": {"column": "born_on"},
        "COUNTRY": {"constant": "TR"},
    },
    "batch": {"max_rows": 2000},
}


@pytest.fixture
def meta() -> Iterator[MetaSimulator]:
    with MetaSimulator(token=TOKEN, audiences={AUDIENCE: []}) as meta:
        yield meta
        assert all(TOKEN not in one.path and not one.query for one in meta.requests)
        assert not any(b"@" in one.body for one in meta.requests)


@pytest.fixture
def sync(make_sync: MakeSync, meta: MetaSimulator) -> Sync:
    return make_sync(DOCUMENT, connection=connection(meta))


@pytest.fixture
def told(context: SyncContext) -> SyncContext:
    return replace(context, environment={"TOKEN": TOKEN, "SECRET": SECRET})


def connection(meta: MetaSimulator, **settings: str) -> dict[str, str]:
    return {"access_token": "${TOKEN}", "audience_id": AUDIENCE, "base_url": meta.url} | settings


def members(meta: MetaSimulator) -> list[str]:
    return sorted(one["EXTERN_ID"] for one in meta.audiences[AUDIENCE])


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_request_is_the_one_metas_package_makes(
    shop: Shop, told: SyncContext, make_sync: MakeSync, meta: MetaSimulator
) -> None:
    constants = {
        "LN": "O'Neil",
        "FI": "A",
        "GEN": "f",
        "CT": "New York",
        "ST": "ca",
        "ZIP": "94025",
    }
    mapping = DOCUMENT["mapping"] | {
        "PHONE": {"constant": "+1 (650) 561-1000"},
        **{name: {"constant": value} for name, value in constants.items()},
        "DOBM": {"constant": 4},
        "DOBD": {"constant": "12"},
    }
    shop.people(
        [
            {"customer_id": "a", "email": " Ada@Example.com.", "first_name": "Ada"}
            | {"born_on": date(1990, 4, 12)},
            {"customer_id": "b", "email": "ben@example.com", "first_name": "Ben"}
            | {"born_on": date(1985, 1, 1)},
        ]
    )
    apply_sync(make_sync(DOCUMENT, connection=connection(meta), mapping=mapping), told)
    rest = ["+1 (650) 561-1000", *constants.values(), "4", "12"]
    people = [
        ["a", " Ada@Example.com.", "Ada", "1990", "TR", *rest],
        ["b", "ben@example.com", "Ben", "1985", "TR", *rest],
    ]
    theirs = CustomAudience.format_params(list(mapping), people, is_raw=True)
    [request] = meta.requests
    assert request.json() == {"payload": theirs["payload"]}


@pytest.mark.parametrize(
    ("field", "theirs", "values"),
    [
        ("EMAIL", "em", ["ada@example.com", " ADA@Example.COM ", "ada+x@sub.example.com"]),
        (
            "PHONE",
            "ph",
            ["+90 532 000 00 00", "0090 (532) 0000000", "905320000000", "1-650-561-1000"],
        ),
        ("FN", "fn", ["Ada", "Valéry", "정", "Mary Ann", " ÇAĞLA "]),
        ("LN", "ln", ["Öz", "Smith", "Ünal"]),
        ("CT", "ct", ["San Francisco", "St. Louis", "Çanakkale", "Paris 15", "Baden-Baden"]),
        ("ST", "st", ["CA", "New South Wales", "Île-de-France"]),
        ("ZIP", "zp", ["94025", "94025-1234", "M1 1AE", "34 000"]),
        ("COUNTRY", "country", ["TR", "us", " Gb "]),
        ("DOBY", "doby", ["1990"]),
        ("DOBM", "dobm", ["4", "04", "12"]),
        ("DOBD", "dobd", ["1", "31"]),
        ("FI", "fi", ["Ada", "é"]),
        ("EMAIL", "em", [sha256("ada@example.com"), sha256("ada@example.com").upper()]),
    ],
)
def test_a_value_is_hashed_as_metas_package_does(
    field: str, theirs: str, values: list[str]
) -> None:
    assert [matched(field, one) for one in values] == [
        Normalize.normalize_field(theirs, one) for one in values
    ]


@pytest.mark.parametrize(
    ("field", "value", "form"),
    [
        ("EMAIL", "Test@Example.com", "test@example.com"),
        ("PHONE", "00 44 844 412 4653", "448444124653"),
        ("FN", "O'Brien-Smith", "obriensmith"),
        ("LN", "van der Berg, Jr.", "van der berg jr"),
        ("FI", '"Ada"', "a"),
        ("CT", "'s-Hertogenbosch", "shertogenbosch"),
        ("GEN", "Female", "f"),
        ("DOBY", "1990-04-02", "1990"),
        ("DOBM", "1990-04-02", "04"),
        ("DOBD", "1990-04-02", "02"),
    ],
)
def test_the_form_is_that_of_the_guidelines(field: str, value: str, form: str) -> None:
    assert matched(field, value) == sha256(form)


def test_the_hash_is_sha_256() -> None:
    known = "973dfe463ec85785f5f95af5ba3906eedb2d931c24e69824a89ea65dba4e813b"
    assert matched("EMAIL", "test@example.com") == known


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *((field, value) for field in FIELDS for value in (None, "", " ")),
        ("EMAIL", "no address"),
        ("EMAIL", hashlib.md5(b"ada@example.com").hexdigest()),
        *(("PHONE", value) for value in ("none", "123", "0000000000", "1" * 20)),
        *(("GEN", value) for value in ("x", "unknown")),
        *(("DOBY", value) for value in ("90", "1776")),
        *(("DOBM", value) for value in ("0", "13", "april")),
        *(("DOBD", value) for value in ("32", "first")),
        *(("COUNTRY", value) for value in ("TUR", "Türkiye")),
        *(("FN", value) for value in ("-", "'.")),
        ("CT", "34"),
    ],
)
def test_what_has_no_form_is_left_empty_and_never_hashed(field: str, value: str | None) -> None:
    assert matched(field, value) == ""


def test_ids_go_as_they_are() -> None:
    assert matched("EXTERN_ID", "Ada-7") == "Ada-7"
    assert matched("MADID", " AECE52E7-03EE-455A ") == "aece52e7-03ee-455a"


def test_a_bad_value_costs_nobody_their_place(
    shop: Shop, told: SyncContext, sync: Sync, meta: MetaSimulator
) -> None:
    shop.people(
        [
            {"customer_id": "a", "email": "no address"},
            {"customer_id": "b", "email": "b@example.com"},
        ]
    )
    assert apply_sync(sync, told).accepted == 2
    assert [one["EMAIL"] for one in meta.audiences[AUDIENCE]] == ["", sha256("b@example.com")]


def test_who_has_nothing_to_be_matched_by_is_rejected_here(
    shop: Shop, told: SyncContext, make_sync: MakeSync, meta: MetaSimulator
) -> None:
    mapping = {"EMAIL": {"column": "email"}}
    sync = make_sync(DOCUMENT, connection=connection(meta), mapping=mapping, key="email")
    shop.people([{"customer_id": one, "email": one} for one in ("a", "b@example.com", "c")])
    result = apply_sync(sync, told)
    assert (result.accepted, result.rejected, len(meta.requests)) == (1, 2, 1)


@pytest.mark.parametrize("fields", [("EMAIL",), ("EXTERN_ID", "EMAIL", "FN", "DOBY", "COUNTRY")])
def test_requests_weigh_no_more_than_meta_takes(
    shop: Shop, told: SyncContext, make_sync: MakeSync, meta: MetaSimulator, fields: tuple[str, ...]
) -> None:
    mapping = {name: DOCUMENT["mapping"][name] for name in fields}
    key = "email" if fields == ("EMAIL",) else "customer_id"
    sync = make_sync(DOCUMENT, connection=connection(meta), mapping=mapping, key=key)
    shop.named(*(f"customer-{number:025}" for number in range(1000)))
    assert apply_sync(sync, told).accepted == 1000
    weights = [len(one.body) for one in meta.requests]
    assert max(weights) <= 60_000
    assert len(weights) == (2 if key == "email" else 6)


def test_heavier_ids_than_reckoned_with_are_sent_in_parts(
    shop: Shop, told: SyncContext, sync: Sync, meta: MetaSimulator
) -> None:
    shop.named(*(f"{number:0500}" for number in range(170)))
    assert apply_sync(sync, told).accepted == 170
    assert max(len(one.body) for one in meta.requests) <= 60_000


@pytest.mark.parametrize("case", [(2, True), (2, False), (5, True)])
def test_rows_meta_cannot_read_stand_alone(
    shop: Shop, told: SyncContext, sync: Sync, meta: MetaSimulator, case: tuple[int, bool]
) -> None:
    """Meta gives a few samples: when they name all bad rows one request is enough."""
    bad, meta.has_samples = case
    unwanted = set("abcdefgh"[:bad])
    meta.judge = lambda row: "cannot be read" if row["EXTERN_ID"] in unwanted else None
    shop.named(*"abcdefgh")
    result = apply_sync(sync, told)
    assert (result.accepted, result.rejected) == (8 - bad, bad)
    assert (result.requests == 1) == (case == (2, True))
    assert members(meta) == sorted(set("abcdefgh") - unwanted)


def test_rows_that_were_not_received_are_no_success(
    shop: Shop, told: SyncContext, sync: Sync, meta: MetaSimulator
) -> None:
    shop.named(*"ab")
    said = {"num_received": 1, "num_invalid_entries": 0, "invalid_entry_samples": {}}
    meta.faults.append(Fault(200, body=json.dumps(said).encode()))
    assert apply_sync(sync, told).accepted == 2
    assert members(meta) == ["a", "b"]


def test_who_leaves_or_is_forgotten_is_taken_out_by_id_alone(
    shop: Shop, told: SyncContext, sync: Sync, meta: MetaSimulator
) -> None:
    meta.audiences["77"] = [{"EXTERN_ID": "a"}]
    meta.audiences[AUDIENCE].append({"EXTERN_ID": "theirs"})
    shop.named(*"abc")
    apply_sync(sync, told)
    bury(told.state_dir, ["c"], datetime(2026, 4, 1, 9))
    forget_in_ledgers(told.state_dir, {sync.name: sync})
    shop.named("b")
    assert apply_sync(sync, told).removals == 2
    assert members(meta) == ["b", "theirs"]
    assert len(meta.audiences["77"]) == 1
    payload = meta.requests[-1].json()["payload"]
    assert payload == {"schema": ["EXTERN_ID"], "is_raw": True, "data": [["a"], ["c"]]}
    assert meta.requests[-1].method == "DELETE"


def test_in_mode_list_people_are_told_of_once(
    shop: Shop, told: SyncContext, make_sync: MakeSync, meta: MetaSimulator
) -> None:
    sync = make_sync(DOCUMENT, connection=connection(meta), mode="list")
    shop.named("a")
    apply_sync(sync, told)
    shop.named("a", "b", first_name="Ada")
    assert apply_sync(sync, told).adds == 1
    assert members(meta) == ["a", "b"]


def test_the_apps_secret_is_proven_and_never_sent(
    shop: Shop, told: SyncContext, make_sync: MakeSync, meta: MetaSimulator
) -> None:
    meta.proof = hmac.new(SECRET.encode(), TOKEN.encode(), hashlib.sha256).hexdigest()
    shop.named("a")
    refused = apply_sync(make_sync(DOCUMENT, connection=connection(meta)), told)
    assert "appsecret_proof" in str(refused.problem)
    sync = make_sync(DOCUMENT, connection=connection(meta, app_secret="${SECRET}"))
    assert apply_sync(sync, told).problem is None
    assert members(meta) == ["a"]
    assert not any(SECRET.encode() in one.body for one in meta.requests)


def test_a_limit_comes_as_a_400_and_says_how_long(
    shop: Shop, told: SyncContext, sync: Sync, meta: MetaSimulator, waits: list[float]
) -> None:
    meta.rates, meta.clock = (Rate(1, 60),), iter([0.0, 0.0, 100.0]).__next__
    shop.named("a")
    apply_sync(sync, told)
    shop.named("a", "b")
    assert apply_sync(sync, told).accepted == 1
    assert max(waits) == pytest.approx(120, abs=2)


@pytest.mark.parametrize("code", [100, 190, 200])
def test_what_somebody_has_to_mend_ends_the_run_at_once(
    shop: Shop, told: SyncContext, sync: Sync, meta: MetaSimulator, code: int
) -> None:
    shop.named("a", "b")
    said = {"error": {"code": code, "message": "No"}}
    meta.faults.append(Fault(400, body=json.dumps(said).encode()))
    result = apply_sync(sync, told)
    assert (result.problem, result.requests) == (f"No (code {code})", 1)


@pytest.mark.parametrize("error", [{"code": 2}, {"code": 368, "is_transient": True}])
def test_passing_faults_are_tried_again(
    shop: Shop, told: SyncContext, sync: Sync, meta: MetaSimulator, error: Mapping[str, Any]
) -> None:
    shop.named("a")
    said = {"error": {"message": "Service temporarily unavailable", **error}}
    meta.faults.append(Fault(400, body=json.dumps(said).encode()))
    assert apply_sync(sync, told).accepted == 1


def test_a_flagged_audience_takes_nothing(
    shop: Shop, told: SyncContext, sync: Sync, meta: MetaSimulator
) -> None:
    meta.flagged.add(AUDIENCE)
    shop.named("a")
    assert apply_sync(sync, told).problem == "Audience Upload Blocked (code 100)"


WRONG: dict[str, dict[str, Any]] = {
    "a field of no kind": {"schema": ["NICKNAME"], "data": [["ada"]]},
    "a row too short": {"schema": ["EXTERN_ID", "EMAIL"], "data": [["a"]]},
    "nobody": {"schema": ["EXTERN_ID"], "data": []},
    "more than ten thousand": {"schema": ["FI"], "data": [[""]] * 10_001},
    "no schema": {"data": [["a"]]},
    "an address in the clear": {"schema": ["EMAIL"], "data": [["ada at example.com"]]},
}


@pytest.mark.parametrize("name", WRONG)
def test_the_simulator_refuses_what_is_wrong(meta: MetaSimulator, name: str) -> None:
    response = httpx.post(
        f"{meta.url}/v25.0/{AUDIENCE}/users",
        json={"payload": WRONG[name]},
        headers={"authorization": f"Bearer {TOKEN}"},
    )
    if name == "an address in the clear":
        assert response.json()["num_invalid_entries"] == 1
    else:
        assert response.json()["error"]["code"] == 100
    assert meta.audiences[AUDIENCE] == []


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (
            {"mapping": {"EXTERN_ID": {"column": "customer_id"}, "email": {"column": "email"}}},
            "email",
        ),
        ({"key": "first_name"}, "'FN' is not one person's"),
        ({"key": "email"}, "who was matched by another field than 'EMAIL'"),
        ({"mode": "insert"}, "does not offer mode insert"),
    ],
)
def test_what_cannot_work_is_refused_at_once(
    make_sync: MakeSync, keys: Mapping[str, Any], message: str
) -> None:
    base = DOCUMENT | {"connection": {"access_token": "${TOKEN}", "audience_id": AUDIENCE}}
    with pytest.raises(SyncError, match=message):
        make_sync(base, **keys)
