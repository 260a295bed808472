"""Customer.io as far as syncs use it (Track API): batches of people and events, and manual segments.

Its traps are those of the real one: it answers before it has applied anything, and an identifier somebody else has is
dropped in silence; of a batch the invalid rows alone are refused, with their places; a segment ignores unknown people.
"""

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from reverse_etl.rates import Rate
from reverse_etl.simulators.base import Fault, Request, Simulator, answer
from reverse_etl.spec import Scalar, Sync

RATES = (Rate(100, 1),)
BYTES, ENTITY_BYTES, SEGMENT_IDS = 500_000, 32_000, 1_000
ID_BYTES, NAME_BYTES, VALUE_BYTES, ATTRIBUTES, EVENT_BYTES = 150, 150, 1_000, 300, 100
IDENTIFIERS = ("id", "email", "phone", "cio_id")
_ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class InvalidError(ValueError):
    """Why an entity is not taken: the field, and what is wrong with it."""


@dataclass
class CustomerioSimulator(Simulator):
    """One workspace.

    Attributes:
        site_id, key: The credentials that are taken.
        people: Attributes by cio_id, the identifiers among them.
        segments: The cio_ids in each manual segment, by its number.
        data_driven: Numbers of segments nobody can be put into.
        events: Events by their id, each once.
        failures: Identifiers that were not applied since somebody else has them.
        moved_to: The address of the region the account is in, when it is another.
        judge: Why a person is invalid, by their attributes; None where they are not.
    """

    site_id: str = "site_simulated"
    key: str = "key_simulated"
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    segments: dict[int, set[str]] = field(default_factory=dict)
    data_driven: set[int] = field(default_factory=set)
    events: dict[str, dict[str, Any]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    moved_to: str | None = None
    judge: Callable[[dict[str, Any]], str | None] = lambda _attributes: None
    _places: dict[tuple[str, Any], str] = field(default_factory=dict, init=False, repr=False)
    _born: int = field(default=0, init=False)

    def connection(self, sync: Sync) -> dict[str, Scalar]:
        """The settings under which it answers."""
        if "segment_id" in sync.connection:
            self.segments.setdefault(int(sync.connection["segment_id"]), set())
        return super().connection(sync) | {"site_id": self.site_id, "api_key": self.key}

    def work(self, request: Request) -> Fault:
        """Do what is asked and say how to answer."""
        token = base64.b64encode(f"{self.site_id}:{self.key}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {token}":
            return answer(401, {"meta": {"error": "Unauthorized request"}})
        if self.moved_to is not None:
            return answer(307, location=self.moved_to + request.path)
        if not self.allows("track", *RATES):
            return answer(429, {"meta": {"error": "too many requests"}}, retry_after="1")
        return self._known(request)

    def _known(self, request: Request) -> Fault:
        match (request.method, request.path.strip("/").split("/")):
            case ("POST", ["api", "v2", "batch"]):
                return self._batch(request)
            case ("POST", ["api", "v1", "segments", number, "add_customers"]):
                return self._segment(request, int(number), set.union)
            case ("POST", ["api", "v1", "segments", number, "remove_customers"]):
                return self._segment(request, int(number), set.difference)
        return answer(404, {"meta": {"error": "not found"}})

    def _batch(self, request: Request) -> Fault:
        if len(request.body) >= BYTES:
            return _malformed("batch", f"must be smaller than {BYTES} bytes")
        try:
            batch = request.json()["batch"]
        except (ValueError, KeyError, TypeError):
            return _malformed("batch", "is required")
        if not isinstance(batch, list) or not batch:
            return _malformed("batch", "must be an array of requests")
        errors = []
        for index, entity in enumerate(batch):
            try:
                self._apply(entity)
            except InvalidError as why:
                errors.append({"batch_index": index} | _error(*why.args))
            except (ValueError, KeyError, TypeError, AttributeError):
                errors.append({"batch_index": index} | _error("action", "is malformed"))
        return answer(207, {"errors": errors}) if errors else answer(200, {})

    def _apply(self, entity: dict[str, Any]) -> None:
        if len(_json(entity).encode()) > ENTITY_BYTES:
            raise InvalidError("request", f"must be {ENTITY_BYTES} bytes or smaller")
        [(identifier, value)] = entity["identifiers"].items()
        _check_identifier(identifier, value)
        held = self.find(identifier, value)
        match (entity["type"], entity["action"]):
            case ("person", "identify"):
                self._identify(identifier, value, held, dict(entity.get("attributes", {})))
            case ("person", "event"):
                self._event(identifier, value, held, entity)
            case ("person", "delete"):
                self.remove(held)
            case _:
                raise InvalidError("action", "is not known")

    def _identify(
        self, identifier: str, value: str, held: str | None, attributes: dict[str, Any]
    ) -> None:
        only_existing = attributes.pop("_update", False)
        _check_attributes(attributes)
        why = self.judge(attributes)
        if why is not None:
            raise InvalidError("attributes", why)
        if held is None and only_existing:
            return
        for name in IDENTIFIERS:
            owner = self.find(name, str(attributes[name])) if attributes.get(name) else None
            if owner is not None and owner != held:
                self.failures.append(name)
                del attributes[name]
        self._set(held or self.add(), {identifier: value} | attributes)

    def _event(self, identifier: str, value: str, held: str | None, entity: dict[str, Any]) -> None:
        if not entity.get("name") or len(entity["name"].encode()) > EVENT_BYTES:
            raise InvalidError("name", "must not be blank or longer than 100 bytes")
        if not isinstance(entity.get("timestamp", 0), int):
            raise InvalidError("timestamp", "must be Unix seconds")
        if "id" in entity and not _ULID.fullmatch(entity["id"]):
            raise InvalidError("id", "must be a ULID")
        if held is None:
            self.add(**{identifier: value})
        self.events.setdefault(entity.get("id", f"event{len(self.events)}"), entity)

    def _segment(
        self, request: Request, number: int, merge: Callable[[set[str], set[str]], set[str]]
    ) -> Fault:
        if number in self.data_driven:
            return answer(400, {"meta": {"errors": ["segment is not a manual segment"]}})
        if number not in self.segments:
            return answer(404, {"meta": {"error": "segment not found"}})
        ids = request.json().get("ids")
        if not isinstance(ids, list) or not 0 < len(ids) <= SEGMENT_IDS:
            return answer(400, {"meta": {"errors": ["ids must hold 1 to 1000 values"]}})
        id_type = request.query.get("id_type", "id")
        if merge is set.difference:
            id_type = "id"
        found = {self.find(id_type, str(value)) for value in ids} - {None}
        self.segments[number] = merge(self.segments[number], {one for one in found if one})
        return answer(200, {})

    def find(self, identifier: str, value: str) -> str | None:
        """The cio_id of a person."""
        if identifier == "cio_id":
            return value if value in self.people else None
        return self._places.get(_place(identifier, value))

    def add(self, **attributes: Any) -> str:
        """Add a person; their cio_id."""
        self._born += 1
        cio_id = f"cio{self._born:06}"
        self.people[cio_id] = {}
        self._set(cio_id, attributes)
        return cio_id

    def remove(self, cio_id: str | None) -> None:
        """Delete a person, where there is one."""
        person = self.people.pop(cio_id or "", {})
        for name in IDENTIFIERS:
            self._places.pop(_place(name, person.get(name)), None)
        for members in self.segments.values():
            members.discard(cio_id or "")

    def _set(self, cio_id: str, attributes: dict[str, Any]) -> None:
        """Keep attributes; a null takes one away."""
        person = self.people[cio_id]
        for name, value in attributes.items():
            self._places.pop(_place(name, person.pop(name, None)), None)
            if value is not None:
                person[name] = value
            if value is not None and name in IDENTIFIERS:
                self._places[_place(name, value)] = cio_id


def _place(identifier: str, value: Any) -> tuple[str, Any]:
    """What a person is found by; addresses are the same in either case."""
    is_address = identifier == "email" and isinstance(value, str)
    return identifier, value.lower() if is_address else value


def _check_identifier(identifier: str, value: Any) -> None:
    if identifier not in IDENTIFIERS or not isinstance(value, str) or not value:
        raise InvalidError("identifiers", "must hold one id, email, phone or cio_id as text")
    if len(value.encode()) > ID_BYTES:
        raise InvalidError(identifier, f"cannot be longer than {ID_BYTES} bytes")
    if identifier == "email" and not _EMAIL.fullmatch(value):
        raise InvalidError("email", "is not an email address")


def _check_attributes(attributes: dict[str, Any]) -> None:
    if len(attributes) > ATTRIBUTES:
        raise InvalidError("attributes", f"cannot identify more than {ATTRIBUTES} attributes")
    for name, value in attributes.items():
        if len(name.encode()) > NAME_BYTES:
            raise InvalidError(
                "attributes", f"attribute name cannot be longer than {NAME_BYTES} bytes"
            )
        if len(str(value).encode()) > VALUE_BYTES:
            raise InvalidError(name, f"cannot be longer than {VALUE_BYTES} bytes")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _error(where: str, message: str) -> dict[str, str]:
    return {"reason": "invalid", "field": where, "message": message}


def _malformed(where: str, message: str) -> Fault:
    return answer(400, {"errors": [_error(where, message)]})
