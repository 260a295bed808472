"""Braze (REST API): profiles, events, and an audience as a custom attribute that is true for its members.

An attribute of its own for each audience, since the alternatives lose something: an array keeps 25 values and drops the
oldest in silence, and a subscription group is what the person agreed to, which is not ours to change.

What it cannot do: tell an event once for certain (each that arrives is a new one), leave a person out because they
exist (insert), know people by an address several profiles may have, and send of a changed person only what changed.
Who leaves the audience loses the attribute. Who is forgotten is deleted.
"""

import json
from collections.abc import Mapping
from typing import Any, ClassVar

import httpx

from reverse_etl.context import SyncContext
from reverse_etl.destinations.account import AccountDestination
from reverse_etl.destinations.base import Answer, Batch, Limits
from reverse_etl.errors import BatchRefused, TryLater
from reverse_etl.http import Http, decoded, not_understood
from reverse_etl.rates import Rate
from reverse_etl.spec import Scalar, Sync

IDENTIFIERS = ("external_id", "braze_id")
_TRACK, _DELETE = "/users/track", "/users/delete"
_DELETIONS, _DELETION_RATES = 50, (Rate(20_000, 60),)
_CHARACTERS = 255  # of a text; Braze cuts off the rest


class BrazeDestination(AccountDestination):
    """Profiles and events of a workspace."""

    name = "braze"
    places = ("attribute", "event")
    modes = ("upsert", "update", "mirror", "list", "events")
    settings: ClassVar[Mapping[str, bool]] = {
        "api_key": True,
        "base_url": True,
        "attribute": False,
        "event": False,
        "reports": False,
    }
    limits = Limits(rows=75, concurrency=16, rates=(Rate(3_000, 3),))
    forgets = True
    updates_in_place = True
    partial_modes = ("list", "update")

    def __init__(self, sync: Sync, connection: Mapping[str, Scalar], context: SyncContext) -> None:
        super().__init__(sync, connection, context)
        self._attribute, self._event = connection.get("attribute"), connection.get("event")
        self._http = Http(
            context,
            self._address,
            headers={"authorization": f"Bearer {connection['api_key']}"},
            connections=self.limits.concurrency,
            refusal=self._refusal,
        )

    @classmethod
    def check(cls, sync: Sync) -> None:
        """A profile is known by an id, membership by an attribute, and an event by its name and time."""
        fields = {field.name for field in sync.mapping}
        if sync.key_field not in IDENTIFIERS:
            raise sync.wrong(
                "key",
                f"'{sync.key_field}' does not name one profile for certain",
                f"map the key to {' or '.join(IDENTIFIERS)}",
            )
        needed, needless = ("event", "attribute") if sync.mode == "events" else (None, "event")
        if needless in sync.connection:
            raise sync.wrong(f"connection.{needless}", f"mode {sync.mode} has none", "remove it")
        if sync.mode == "list" or sync.on_exit == "remove":
            needed = "attribute"
        if needed is not None and needed not in sync.connection:
            raise sync.wrong(
                f"connection.{needed}",
                "is missing",
                f"add the name of the {_MEANT[needed]}",
            )
        if sync.mode == "events" and "time" not in fields:
            raise sync.wrong(
                "mapping.time", "is missing; an event has a time", "map when it happened to 'time'"
            )
        if sync.connection.get("attribute") in fields:
            raise sync.wrong(
                "connection.attribute", "is a mapped field as well", "choose another name"
            )

    def send(self, batch: Batch) -> Answer:
        """Tell of profiles or events, or delete profiles."""
        members = batch.members()
        if batch.operation == "forget":
            self._delete([str(member[self._sync.key_field]) for member in members])
            return Answer(batch.rows)
        what = "attributes"
        if batch.operation == "remove":
            objects = [self._left(member) for member in members]
        elif self._sync.mode == "events":
            what = "events"
            ids = zip(members, batch.ids, strict=True)
            objects = [self._happened(member, row_id) for member, row_id in ids]
        else:
            objects = [self._profile(member) for member in members]
        _check(objects, what)
        response = self._http.request("POST", _TRACK, body=_json({what: objects}))
        return Answer(batch.rows, _rejected(response, what, batch.rows))

    def _who(self, member: Mapping[str, Any]) -> dict[str, Any]:
        return {self._sync.key_field: str(member[self._sync.key_field])}

    def _profile(self, member: dict[str, Any]) -> dict[str, Any]:
        wanted = {} if self._sync.mode == "list" else member
        belongs = {} if self._attribute is None else {str(self._attribute): True}
        only = {"_update_existing_only": True} if self._sync.mode == "update" else {}
        return wanted | self._who(member) | belongs | only

    def _left(self, member: dict[str, Any]) -> dict[str, Any]:
        """Without the attribute again; who is not there any more stays away."""
        return self._who(member) | {str(self._attribute): None, "_update_existing_only": True}

    def _happened(self, member: dict[str, Any], row_id: str) -> dict[str, Any]:
        """An event; its id is a property, by which whoever reads events can tell repeated ones."""
        properties = {
            name: value
            for name, value in member.items()
            if name not in (self._sync.key_field, "time")
        }
        when = member["time"]
        return self._who(member) | {
            "name": self._event,
            "time": f"{when}T00:00:00Z" if when is not None and len(str(when)) == 10 else when,
            "properties": properties | {"event_id": row_id},
        }

    def _delete(self, keys: list[str]) -> None:
        """Delete profiles; who is gone already is not counted."""
        for start in range(0, len(keys), _DELETIONS):
            some = keys[start : start + _DELETIONS]
            self._http.hold(f"{self.account()}|delete", _DELETION_RATES)
            body = _json({f"{self._sync.key_field}s": some})
            response = self._http.request("POST", _DELETE, body=body)
            said = decoded(response)
            deleted = said.get("deleted") if isinstance(said, dict) else None
            if not isinstance(deleted, int) or not 0 <= deleted <= len(some):
                raise not_understood(response)

    def _refusal(self, response: httpx.Response) -> Exception | None:
        """A 400 that names objects, and how long to wait after a 429."""
        if response.status_code == 429:
            wait = self._asked_wait(response.headers)
            return None if wait is None else TryLater("HTTP 429 Too Many Requests", wait)
        if response.status_code != 400:
            return None
        try:
            said = json.loads(response.content)
            [objects] = json.loads(response.request.content).values()
            named, _ = _named(said.get("errors") or [], len(objects))
            return BatchRefused(str(said["message"]), named)
        except (ValueError, KeyError, TypeError, AttributeError):
            return None

    def _asked_wait(self, headers: httpx.Headers) -> float | None:
        """Seconds to wait, or the instant until which, in headers of Braze's own."""
        wait = self._http.asked_wait(headers.get("x-ratelimit-retry-after"))
        reset = headers.get("x-ratelimit-reset", "")
        if wait is None and reset.isdigit():
            wait = max(0.0, int(reset) - self._context.clock().timestamp())
        return wait


_MEANT = {"attribute": "custom attribute that is true for members", "event": "event"}


def _rejected(response: httpx.Response, what: str, rows: int) -> dict[int, str]:
    """The objects a 2xx names as refused; with those it says it processed they are all.

    Raises:
        BatchRefused: Its message is fatal, or it refused some without saying which.
        TryLater: It cannot be understood.
    """
    said = decoded(response)
    try:
        message = str(said["message"])
        named, nameless = _named(said.get("errors") or [], rows)
        processed = said.get(f"{what}_processed")
    except (KeyError, TypeError, AttributeError):
        raise not_understood(response) from None
    if message == "queued":  # while Braze is maintained; it is worked off later, without a count
        return named
    if message != "success" or nameless:
        raise BatchRefused(nameless[0] if message == "success" else message, named)
    if processed != rows - len(named):
        raise not_understood(response)
    return named


def _named(errors: list[Any], rows: int) -> tuple[dict[int, str], list[str]]:
    """Why objects were refused, by their place; and errors that name none."""
    named: dict[int, str] = {}
    nameless = []
    for error in errors:
        place = error.get("index") if isinstance(error, dict) else None
        words = str(error.get("type", "no reason given") if isinstance(error, dict) else error)
        if isinstance(place, int) and 0 <= place < rows:
            named[place] = words
        else:
            nameless.append(words)
    return named, nameless


def _check(objects: list[dict[str, Any]], what: str) -> None:
    """Refuse what Braze would take and silently not keep.

    Raises:
        BatchRefused: Some of it.
    """
    faults = {}
    for index, one in enumerate(objects):
        for name, value in (one["properties"] if what == "events" else one).items():
            if isinstance(value, str) and len(value) > _CHARACTERS:
                faults[index] = f"{name}: above {_CHARACTERS} characters"
            elif isinstance(value, dict) and _has_null(value):
                faults[index] = f"{name}: a null in it would drop all of it"
        if what == "events" and one["time"] is None:
            faults[index] = "time: is missing"
    if faults:
        raise BatchRefused("values would not be kept", faults)


def _has_null(value: Any) -> bool:
    if isinstance(value, dict):
        return any(one is None or _has_null(one) for one in value.values())
    return False


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
