"""HubSpot as far as syncs use it (CRM API v3): contacts by batch, lists of them, deletion for good.

Its traps are those of the real one: a bad value refuses a whole batch and says not whose it is; a batch may be done in
part, with the errors named by trace id; results come in any order; addresses are kept in lower case; contacts that were
merged are under another id; lists that fill themselves take nobody.
"""

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from reverse_etl.rates import Rate
from reverse_etl.simulators.base import Fault, Request, Simulator, answer
from reverse_etl.spec import Scalar, Sync

RATES = (Rate(100, 10),)
INPUTS = 100
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_WHEN = "2026-04-01T00:00:00.000Z"


@dataclass
class HubspotSimulator(Simulator):
    """One account.

    Attributes:
        token: The access token that is taken.
        contacts: Properties of the contacts, by id.
        unique: Properties whose values are unique.
        properties: All properties a contact may have.
        lists: Ids of the members, by list.
        dynamic: Lists that fill themselves.
        names_trace: Whether results name the trace id they were written by.
        requests_left: Requests of the day; None for any number.
        judge: Why a contact is not written, by its properties; None where it is.
        seconds: Addresses of a contact beside the first, by id.
    """

    token: str = "pat-simulated"
    contacts: dict[str, dict[str, str]] = field(default_factory=dict)
    unique: set[str] = field(default_factory=lambda: {"email"})
    properties: set[str] = field(default_factory=lambda: {"email", "firstname", "lastname"})
    lists: dict[str, set[str]] = field(default_factory=dict)
    dynamic: set[str] = field(default_factory=set)
    names_trace: bool = True
    requests_left: int | None = None
    judge: Callable[[dict[str, str]], str | None] = lambda _properties: None
    blocked: set[str] = field(default_factory=set)
    seconds: dict[str, set[str]] = field(default_factory=dict)
    _places: dict[tuple[str, str], str] = field(default_factory=dict, repr=False)
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(1001), repr=False)

    def connection(self, sync: Sync) -> dict[str, Scalar]:
        """The settings under which it answers."""
        if "list_id" in sync.connection:
            self.lists.setdefault(str(sync.connection["list_id"]), set())
        self.unique.add(sync.key_field)
        self.properties |= {field.name for field in sync.mapping}
        return super().connection(sync) | {"access_token": self.token}

    def put(self, contact_id: str, properties: dict[str, str]) -> None:
        """Set properties of a contact, as people do by hand; an empty text clears one."""
        given = properties | {n: v.lower() for n, v in properties.items() if n == "email"}
        held = self.contacts.get(contact_id, {}) | given
        self.contacts[contact_id] = {name: value for name, value in held.items() if value}
        self._places |= {(name, held[name]): contact_id for name in self.unique & given.keys()}

    def merge(self, loser: str, winner: str) -> None:
        """Make one contact of two, as people do by hand; the address of the one becomes a second of the other."""
        lost, address = self.contacts.pop(loser), self.contacts[winner].get("email")
        self.put(winner, lost | self.contacts[winner])
        if address is not None and "email" in lost:
            self.seconds.setdefault(winner, set()).add(lost["email"])
            self._places["email", lost["email"]] = winner
        for members in self.lists.values():
            if loser in members:
                members ^= {loser}
                members.add(winner)

    def work(self, request: Request) -> Fault:
        """Do what is asked and say how to answer."""
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return _error(401, "INVALID_AUTHENTICATION", "Authentication credentials not found.")
        if self.requests_left == 0:
            return _too_many("DAILY")
        if not self.allows("burst", *RATES):
            return _too_many("TEN_SECONDLY_ROLLING")
        if self.requests_left is not None:
            self.requests_left -= 1
        try:
            return self._done(request)
        except (ValueError, KeyError, TypeError, AttributeError):
            return _error(400, "VALIDATION_ERROR", "Invalid input JSON.")

    def _done(self, request: Request) -> Fault:
        done = _error(404, "OBJECT_NOT_FOUND", "The requested resource was not found.")
        match (request.method, request.path.removeprefix("/crm/v3/").split("/")):
            case ("POST", ["objects", "contacts", "batch", "upsert"]):
                done = self._upsert(request.json()["inputs"])
            case ("POST", ["objects", "contacts", "batch", "read"]):
                done = self._read(request.json())
            case ("POST", ["objects", "contacts", "gdpr-delete"]):
                done = self._delete(request.json())
            case ("GET", ["lists", name]) if name in self.lists:
                done = answer(200, {"list": self._shown(name)})
            case ("PUT", ["lists", name, "memberships", "add-and-remove"]) if name in self.lists:
                done = self._change(name, request.json())
        return done

    def _upsert(self, inputs: list[dict[str, Any]]) -> Fault:
        wrong = next(self._wrong(inputs), None)
        if wrong is not None:
            return _error(400, "VALIDATION_ERROR", wrong)
        results, errors = [], []
        for one in inputs:
            why = self.judge({one["idProperty"]: one["id"]} | one["properties"])
            if one["id"].lower() in self.blocked:
                why = "The contact was deleted for good."
            if why is None:
                results.append(self._written(one))
            else:
                context = {"objectWriteTraceId": [one["objectWriteTraceId"]]}
                errors.append(_problem("VALIDATION_ERROR", why, context))
        return _batch(results[::-1], errors)

    def _wrong(self, inputs: list[dict[str, Any]]) -> Iterator[str]:
        """Why a whole batch is refused."""
        if not 0 < len(inputs) <= INPUTS:
            yield f"The maximum number of inputs in a batch request is {INPUTS}."
        keys = [(one["idProperty"], one["id"].lower()) for one in inputs]
        if len(set(keys)) < len(keys):
            yield "Duplicate IDs found in batch input."
        for (unique, key), one in zip(keys, inputs, strict=True):
            if unique not in self.unique or not key:
                yield f"Unable to perform upsert by non-unique {unique} property."
            for name, value in ({unique: key} | one["properties"]).items():
                if name not in self.properties or not isinstance(value, str):
                    yield f'Property "{name}" does not exist, or its value is no text.'
                elif name == "email" and value and not _EMAIL.fullmatch(value):
                    yield "Property values were not valid: an email address is invalid."

    def _written(self, one: dict[str, Any]) -> dict[str, Any]:
        contact_id = self._find(one["idProperty"], one["id"])
        is_new = contact_id is None
        contact_id = contact_id or str(next(self._ids))
        key = {one["idProperty"]: one["id"]} if is_new else {}
        self.put(contact_id, key | one["properties"])
        trace = {"objectWriteTraceId": one["objectWriteTraceId"]} if self.names_trace else {}
        return self._contact(contact_id) | {"new": is_new} | trace

    def _find(self, unique: str, value: str) -> str | None:
        wanted = value.lower() if unique == "email" else value
        found = self._places.get((unique, wanted), "")
        held = self.contacts.get(found, {}).get(unique)
        is_second = unique == "email" and wanted in self.seconds.get(found, ())
        return found if found in self.contacts and (held == wanted or is_second) else None

    def _contact(self, contact_id: str) -> dict[str, Any]:
        when = {"createdAt": _WHEN, "updatedAt": _WHEN, "archived": False}
        return {"id": contact_id, "properties": dict(self.contacts[contact_id])} | when

    def _read(self, asked: dict[str, Any]) -> Fault:
        if not 0 < len(asked["inputs"]) <= INPUTS or asked["idProperty"] not in self.unique:
            return _error(400, "VALIDATION_ERROR", "Too many inputs, or no unique property.")
        wanted = {one["id"]: self._find(asked["idProperty"], one["id"]) for one in asked["inputs"]}
        found = [self._contact(one) for one in wanted.values() if one is not None]
        lost = [key for key, one in wanted.items() if one is None]
        why = "Could not get some CONTACT objects, they may be deleted or not exist."
        errors = [_problem("OBJECT_NOT_FOUND", why, {"ids": lost})] if lost else []
        return _batch(found[::-1], errors)

    def _delete(self, asked: dict[str, Any]) -> Fault:
        contact_id: str | None = asked["objectId"]
        if asked.get("idProperty") == "email":
            self.blocked.add(asked["objectId"].lower())
            contact_id = self._find("email", asked["objectId"])
        if contact_id not in self.contacts:
            return _error(404, "OBJECT_NOT_FOUND", "Object not found.")
        self.blocked.add(self.contacts.pop(contact_id).get("email", contact_id))
        for members in self.lists.values():
            members.discard(contact_id)
        return answer(204)

    def _change(self, list_id: str, asked: dict[str, Any]) -> Fault:
        if list_id in self.dynamic:
            return _error(400, "VALIDATION_ERROR", "The list is not MANUAL or SNAPSHOT.")
        add, remove = asked["recordIdsToAdd"], asked["recordIdsToRemove"]
        there, members = set(self.contacts), self.lists[list_id]
        said = {
            "recordsIdsAdded": [one for one in add if one in there - members],
            "recordIdsRemoved": [one for one in remove if one in members],
            "recordIdsMissing": [one for one in [*add, *remove] if one not in there],
        }
        members |= set(add) & there
        members -= set(remove)
        return answer(200, said)

    def _shown(self, list_id: str) -> dict[str, Any]:
        return {
            "listId": list_id,
            "listVersion": 1,
            "name": list_id,
            "objectTypeId": "0-1",
            "processingStatus": "COMPLETE",
            "processingType": "DYNAMIC" if list_id in self.dynamic else "MANUAL",
        }


def _batch(results: list[dict[str, Any]], errors: list[dict[str, Any]]) -> Fault:
    said = {"status": "COMPLETE", "results": results, "startedAt": _WHEN, "completedAt": _WHEN}
    if not errors:
        return answer(200, said)
    return answer(207, said | {"numErrors": len(errors), "errors": errors})


def _problem(category: str, message: str, context: dict[str, list[str]]) -> dict[str, Any]:
    return {
        "status": "error",
        "category": category,
        "message": message,
        "context": context,
        "errors": [],
        "links": {},
    }


def _error(status: int, category: str, message: str) -> Fault:
    said = {"status": "error", "message": message, "category": category, "correlationId": "c-1"}
    return answer(status, said)


def _too_many(policy: str) -> Fault:
    said = {"status": "error", "message": "You have reached your limit.", "policyName": policy}
    return answer(429, said)
