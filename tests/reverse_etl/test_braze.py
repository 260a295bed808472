"""Braze: what goes over the wire in each mode, its limits and its traps."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import duckdb
import jsonschema
import pytest

from audiences.erasures import bury
from reverse_etl.context import SyncContext
from reverse_etl.errors import SyncError
from reverse_etl.simulators.base import Fault
from reverse_etl.simulators.braze import BrazeSimulator
from reverse_etl.spec import Sync
from reverse_etl.sync import apply_sync
from tests.reverse_etl.conftest import MakeSync, Shop
from tests.reverse_etl.counterparts.braze import PEOPLE_TO_BRAZE, check_bodies, check_body
from tests.reverse_etl.descriptions import description

TRACK, DELETE = "/users/track", "/users/delete"
MAPPING: dict[str, Any] = PEOPLE_TO_BRAZE["mapping"]
WITHOUT_ATTRIBUTE = {"mode": "upsert", "on_exit": "keep", "connection": {}}
EVENTS = {
    "mode": "events",
    "on_exit": "keep",
    "connection": {"event": "entered_winback"},
    "mapping": MAPPING | {"time": {"column": "last_seen_at"}},
}
SEEN = datetime(2026, 3, 1, 10)


@pytest.fixture
def workspace() -> Iterator[BrazeSimulator]:
    with BrazeSimulator() as workspace:
        yield workspace
        check_bodies(workspace.requests)


@pytest.fixture
def told(context: SyncContext) -> SyncContext:
    return replace(context, environment={"KEY": "key_simulated"})


@pytest.fixture
def make(make_sync: MakeSync, workspace: BrazeSimulator) -> MakeSync:
    """A sync to the workspace; `connection` is what it has beside key and address."""

    def made(**keys: Any) -> Sync:
        own = keys.pop("connection", {"attribute": "in_people"})
        shared = {"api_key": "${KEY}", "base_url": workspace.url}
        return make_sync(PEOPLE_TO_BRAZE, connection=shared | own, **keys)

    return made


def bodies(workspace: BrazeSimulator, path: str = TRACK) -> list[Any]:
    return [request.json() for request in workspace.requests if request.path == path]


def members(workspace: BrazeSimulator) -> set[str]:
    return {who for who, user in workspace.users.items() if user.get("in_people")}


def test_members_have_the_attribute_until_they_leave(
    shop: Shop, told: SyncContext, make: MakeSync, workspace: BrazeSimulator
) -> None:
    mapping = MAPPING | {"seen_at": {"column": "last_seen_at"}}
    workspace.users["a"] = {"external_id": "a", "plan": "theirs"}
    shop.people([{"customer_id": "a", "first_name": "Ada", "last_seen_at": SEEN}])
    apply_sync(make(mapping=mapping), told)
    shop.people([{"customer_id": "b"}])
    apply_sync(make(mapping=mapping), told)
    came, new, left = (body["attributes"] for body in bodies(workspace))
    assert came == [
        {
            "external_id": "a",
            "first_name": "Ada",
            "seen_at": "2026-03-01T10:00:00Z",
            "in_people": True,
        }
    ]
    assert new == [{"external_id": "b", "first_name": None, "seen_at": None, "in_people": True}]
    assert left == [{"external_id": "a", "in_people": None, "_update_existing_only": True}]
    ada = {"first_name": "Ada", "seen_at": "2026-03-01T10:00:00Z"}
    assert workspace.users == {
        "a": {"external_id": "a", "plan": "theirs"} | ada,
        "b": {"external_id": "b", "in_people": True},
    }


def test_who_was_deleted_there_is_not_created_by_leaving(
    shop: Shop, told: SyncContext, make: MakeSync, workspace: BrazeSimulator
) -> None:
    shop.named("a", "b")
    apply_sync(make(), told)
    workspace.users.clear()
    shop.named("b")
    assert apply_sync(make(), told).accepted == 1
    assert workspace.users == {}


def test_without_an_attribute_nothing_but_profiles_is_told(
    shop: Shop, told: SyncContext, make: MakeSync, workspace: BrazeSimulator
) -> None:
    shop.named("a", "b", first_name="old")
    apply_sync(make(**WITHOUT_ATTRIBUTE), told)
    del workspace.users["a"]
    shop.named("a", "b", first_name="new")
    assert apply_sync(make(**WITHOUT_ATTRIBUTE | {"mode": "update"}), told).accepted == 2
    assert workspace.users == {"b": {"external_id": "b", "first_name": "new"}}


def test_a_list_carries_nothing_but_who_it_is(
    shop: Shop, told: SyncContext, make: MakeSync, workspace: BrazeSimulator
) -> None:
    shop.named("a", first_name="Ada")
    apply_sync(make(mode="list"), told)
    assert workspace.users == {"a": {"external_id": "a", "in_people": True}}


def test_an_event_carries_an_id_for_it_may_arrive_twice(
    shop: Shop, told: SyncContext, make: MakeSync, workspace: BrazeSimulator
) -> None:
    workspace.faults.append(Fault(cuts=True, does_work=True))
    shop.people([{"customer_id": "a", "first_name": "Ada", "last_seen_at": SEEN}])
    assert apply_sync(make(**EVENTS), told).accepted == 1
    first, again = workspace.events
    assert first == again
    assert first == {
        "external_id": "a",
        "name": "entered_winback",
        "time": "2026-03-01T10:00:00Z",
        "properties": {"first_name": "Ada", "event_id": first["properties"]["event_id"]},
    }


def test_the_day_of_an_event_is_its_time_and_without_one_there_is_none(
    shop: Shop, told: SyncContext, make: MakeSync, workspace: BrazeSimulator
) -> None:
    mapping = MAPPING | {"time": {"column": "born_on"}}
    shop.people([{"customer_id": "a", "born_on": SEEN.date()}, {"customer_id": "b"}])
    result = apply_sync(make(**EVENTS | {"mapping": mapping}), told)
    assert (result.accepted, result.rejected) == (1, 1)
    assert [event["time"] for event in workspace.events] == ["2026-03-01T00:00:00Z"]


@pytest.mark.parametrize("keys", [{}, {"on_exit": "keep"}, EVENTS], ids=str)
def test_who_is_forgotten_is_deleted_fifty_at_a_time(
    shop: Shop, told: SyncContext, make: MakeSync, workspace: BrazeSimulator, keys: dict[str, Any]
) -> None:
    everybody = [f"a{number:02}" for number in range(60)]
    shop.named(*everybody, "z", last_seen_at=SEEN)
    sync = make(**keys, batch={"max_rows": 100})
    apply_sync(sync, told)
    del workspace.users["a00"]
    bury(told.state_dir, everybody, datetime(2026, 4, 1, 9))
    result = apply_sync(sync, told)
    assert (result.removals, result.accepted) == (60, 60)
    assert [len(body["external_ids"]) for body in bodies(workspace, DELETE)] == [50, 10]
    assert set(workspace.users) == {"z"}


@pytest.mark.parametrize(("objects", "sizes"), [(75, {75, 10}), (50, {75, 38, 37, 10})])
def test_a_request_carries_75_objects_and_fewer_where_it_must(  # noqa: PLR0917
    shop: Shop,
    told: SyncContext,
    make: MakeSync,
    workspace: BrazeSimulator,
    objects: int,
    sizes: set[int],
) -> None:
    workspace.objects = objects
    shop.named(*(f"a{number:03}" for number in range(160)))
    assert apply_sync(make(batch={"max_rows": 1_000}), told).accepted == 160
    assert {len(body["attributes"]) for body in bodies(workspace)} == sizes
    assert len(members(workspace)) == 160


@pytest.mark.parametrize("mode", [{}, EVENTS], ids=["attributes", "events"])
@pytest.mark.parametrize("fatal", [400, 201])
@pytest.mark.parametrize("names_places", [True, False])
def test_refused_objects_are_found_out(  # noqa: PLR0917
    shop: Shop,
    told: SyncContext,
    make: MakeSync,
    workspace: BrazeSimulator,
    mode: dict[str, Any],
    fatal: int,
    names_places: bool,
) -> None:
    workspace.judge = lambda one: "is not wanted" if one["external_id"] in "bc" else None
    workspace.fatal, workspace.names_places = fatal, names_places
    shop.named("a", "b", "c", "d", last_seen_at=SEEN)
    result = apply_sync(make(**mode), told)
    assert (result.accepted, result.rejected) == (2, 2)
    assert set(workspace.users) == {"a", "d"}
    assert {event["external_id"] for event in workspace.events} == ({"a", "d"} if mode else set())


def test_what_would_be_kept_otherwise_than_it_was_sent_is_not_sent(
    shop: Shop, told: SyncContext, make: MakeSync, workspace: BrazeSimulator
) -> None:
    shop.named("a", "b", "c")
    with duckdb.connect(str(shop.path)) as connection:
        connection.execute("alter table audiences.people add column place struct(city varchar)")
        connection.execute(
            """
            update audiences.people set
                place = case customer_id when 'b' then {'city': null} else {'city': 'İzmir'} end,
                first_name = repeat('ğ', case customer_id when 'c' then 256 else 255 end)
            """
        )
    result = apply_sync(make(mapping=MAPPING | {"place": {"column": "place"}}), told)
    assert (result.accepted, result.rejected) == (1, 2)
    assert workspace.users["a"]["place"] == {"city": "İzmir"}


def test_while_it_is_maintained_it_queues(
    shop: Shop, told: SyncContext, make: MakeSync, workspace: BrazeSimulator
) -> None:
    workspace.is_maintained = True
    shop.named("a")
    result = apply_sync(make(), told)
    assert (result.accepted, result.requests) == (1, 1)


@pytest.mark.parametrize(
    "headers",
    [
        (("x-ratelimit-retry-after", "7"),),
        (("x-ratelimit-reset", "1775044807"),),
        (("retry-after", "7"),),
    ],
    ids=str,
)
def test_it_waits_as_it_is_told(  # noqa: PLR0917
    shop: Shop,
    told: SyncContext,
    make: MakeSync,
    workspace: BrazeSimulator,
    waits: list[float],
    headers: tuple[tuple[str, str], ...],
) -> None:
    workspace.faults.append(Fault(429, headers))
    shop.named("a")
    now = datetime(2026, 4, 1, 12, tzinfo=UTC)
    assert apply_sync(make(), replace(told, clock=lambda: now)).accepted == 1
    assert waits == pytest.approx([7], abs=0.5)


def test_a_refused_key_is_not_repeated(
    shop: Shop, told: SyncContext, make: MakeSync, workspace: BrazeSimulator
) -> None:
    """Braze puts the key into its refusal."""
    workspace.key = "another"
    shop.named("a")
    result = apply_sync(make(), told)
    assert (result.status, result.problem) == ("stopped", "HTTP 401 Unauthorized")


@pytest.mark.parametrize(
    "said",
    [
        [],
        {"attributes_processed": 1},
        {"message": "success"},
        {"message": "success", "attributes_processed": 0},
        {"message": "success", "events_processed": 1},
        {"message": "success", "attributes_processed": 1, "errors": [{"index": 0, "type": "x"}]},
    ],
    ids=str,
)
def test_what_does_not_add_up_is_no_success(
    shop: Shop, told: SyncContext, make: MakeSync, workspace: BrazeSimulator, said: Any
) -> None:
    workspace.faults.append(Fault(201, body=json.dumps(said).encode()))
    shop.named("a")
    assert apply_sync(make(), told).requests == 2
    assert members(workspace) == {"a"}


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (
            {"key": "email", "mapping": {"email": {"column": "email"}}},
            "key: 'email' does not name one profile",
        ),
        ({"connection": {}}, "connection.attribute: is missing"),
        ({"connection": {"attribute": "a", "event": "E"}}, "connection.event: mode mirror has"),
        ({"connection": {"attribute": "first_name"}}, "connection.attribute: is a mapped field"),
        (EVENTS | {"connection": {}}, "connection.event: is missing"),
        (EVENTS | {"mapping": MAPPING}, "mapping.time: is missing"),
        ({"mode": "insert"}, "braze does not offer mode insert"),
    ],
    ids=str,
)
def test_what_a_sync_to_braze_may_not_say(
    make: MakeSync, keys: dict[str, Any], message: str
) -> None:
    with pytest.raises(SyncError, match=message):
        make(**keys)


PERSON = {"external_id": "a", "first_name": "Ada"}
EVENT = {"external_id": "a", "name": "entered", "time": "2026-03-01T10:00:00Z"}


@pytest.mark.parametrize(
    "body",
    [
        {"attributes": PERSON},
        {"attributes": [PERSON | {"external_id": 7}]},
        {"attributes": [PERSON | {"gender": "X"}]},
        {"events": [{"external_id": "a", "time": EVENT["time"]}]},
        {"events": [{"external_id": "a", "name": "entered"}]},
        {"people": [PERSON]},
    ],
    ids=str,
)
def test_the_schema_refuses(body: dict[str, Any]) -> None:
    schema = json.loads(description("BRAZE-track.schema").read_text())
    check_body({"attributes": [PERSON], "events": [EVENT]})
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(body, schema)
