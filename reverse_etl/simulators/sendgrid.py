"""SendGrid Marketing as far as syncs use it: imports by job, lists, look-up of contacts, custom fields.

Its traps are those of the real one: contacts are known by their identifiers, all of which an update must carry; what a
job could not do is in a file elsewhere that takes no key of ours; removals work by contact id and only after a while; a
look-up that finds nobody is a 404 and finds people by their alternate addresses too; null is no value of a field.
"""

import csv
import gzip
import io
import itertools
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import UUID

from reverse_etl.rates import Rate
from reverse_etl.simulators.base import Fault, Request, Simulator, answer
from reverse_etl.simulators.storage import Storage
from reverse_etl.spec import Scalar, Sync

RATES = (Rate(3, 2),)
CONTACTS, BYTES, FOUND, ADDRESS_BYTES = 30_000, 6_000_000, 100, 8_000
IDENTIFIERS = ("email", "phone_number_id", "external_id", "anonymous_id")
LONGEST = {
    **{"email": 254, "external_id": 254, "anonymous_id": 254, "phone_number_id": 20},
    **{"first_name": 50, "last_name": 50, "address_line_1": 100, "address_line_2": 100},
    **{"city": 60, "state_province_region": 50, "country": 50, "postal_code": 50},
}
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_MISSING = "all identifiers the contact has are needed to update it"


@dataclass
class Job:
    """An import: what it was given, and in how many looks it has ended."""

    contacts: list[dict[str, Any]]
    lists: list[str]
    looks: int
    counts: dict[str, int] = field(default_factory=dict)
    failed: list[tuple[dict[str, Any], str]] = field(default_factory=list)


@dataclass
class SendGridSimulator(Simulator):
    """One account.

    Attributes:
        key: The API key that is taken.
        contacts: What it holds, by contact id.
        lists: Ids of the members, by list id.
        fields: Id and type of custom fields, by name.
        looks: How often a job, or somebody who is to go, is asked for before it has ended.
        judge: Why a job cannot import a contact; None where it can.
        tells: Whether the file of what a job could not do is there.
    """

    key: str = "SG.simulated"
    contacts: dict[str, dict[str, Any]] = field(default_factory=dict)
    lists: dict[str, set[str]] = field(default_factory=dict)
    fields: dict[str, tuple[str, str]] = field(default_factory=dict)
    looks: int = 1
    judge: Callable[[dict[str, Any]], str | None] = lambda _contact: None
    tells: bool = True
    jobs: dict[str, Job] = field(default_factory=dict)
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _storage: Storage = field(default_factory=Storage)
    _leaving: list[tuple[int, str | None, list[str]]] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._storage.__enter__()
        return super().__enter__()

    def __exit__(self, *raised: Any) -> None:
        super().__exit__(*raised)
        self._storage.__exit__(*raised)

    def connection(self, sync: Sync) -> dict[str, Scalar]:
        """The settings under which it answers; every field that is not its own is text."""
        named = {"api_key": self.key}
        if "list_id" in sync.connection:
            named["list_id"] = str(UUID(int=1))
            self.lists.setdefault(named["list_id"], set())
        names = [field.name for field in sync.mapping if field.name not in LONGEST]
        self.fields |= {name: (f"e{number}_T", "Text") for number, name in enumerate(names, 1)}
        return super().connection(sync) | named

    def work(self, request: Request) -> Fault:
        """Do what is asked and say how to answer."""
        where = request.path.strip("/").split("/")
        if request.headers.get("authorization") != f"Bearer {self.key}":
            return _error(401, "authorization required")
        known: Callable[[Request], Fault] | None = None
        match (request.method, where[1:]):
            case ("PUT", ["marketing", "contacts"]):
                known = self._import
            case ("DELETE", ["marketing", "contacts"]):
                known = self._delete
            case ("GET", ["marketing", "contacts", "imports", _]):
                known = self._job
            case ("POST", ["marketing", "contacts", "search", "identifiers", _]):
                known = self._search
            case ("DELETE", ["marketing", "lists", _, "contacts"]):
                known = self._leave
            case ("GET", ["marketing", "field_definitions"]):
                known = self._definitions
        if known is None or where[0] != "v3":
            return Fault(404, body=b"<html>404 page not found</html>")
        if not self.allows(known.__name__, *RATES):
            # The clock of the rates may be a test's; the answer names an instant of everybody's.
            return _error(429, "too many requests", x_ratelimit_reset=str(int(time.time()) + 1))
        try:
            return known(request)
        except (ValueError, KeyError, TypeError, AttributeError):
            return _error(400, "invalid JSON")

    def _import(self, request: Request) -> Fault:
        if len(request.body) > BYTES:
            return _error(413, "request entity too large")
        said = request.json()
        contacts, lists = said["contacts"], said.get("list_ids", [])
        if not 0 < len(contacts) <= CONTACTS:
            return _error(400, "1 to 30000 contacts are taken", "contacts")
        if not all(UUID(one) and one in self.lists for one in lists):
            return _error(400, "list ids are not valid", "list_ids[0]")
        errors = [
            {"message": why, "field": f"contacts[{index}].{where}"}
            for index, one in enumerate(contacts)
            if (fault := self._fault(one)) and (where := fault[0]) and (why := fault[1])
        ]
        if errors:
            return answer(400, {"errors": errors})
        job_id = str(UUID(int=next(self._ids)))
        self.jobs[job_id] = Job(contacts, lists, self.looks)
        return answer(202, {"job_id": job_id})

    def _fault(self, contact: Mapping[str, Any]) -> tuple[str, str] | None:
        """The field that makes a whole import refused, and why."""
        if not any(contact.get(name) for name in IDENTIFIERS):
            return "identifier", "at least one identifier is needed"
        for name, longest in LONGEST.items():
            if not isinstance(contact.get(name, ""), str):
                return name, "is no text"
            if len(contact.get(name, "")) > longest:
                return name, f"length should be less than {longest} chars"
        if "email" in contact and not _EMAIL.fullmatch(contact["email"]):
            return "email", f"email '{contact['email']}' is not valid"
        types = dict(self.fields.values())
        faults = (_custom_fault(types, *one) for one in contact.get("custom_fields", {}).items())
        return next((("custom_fields", fault) for fault in faults if fault), None)

    def _job(self, request: Request) -> Fault:
        job_id = request.path.rsplit("/", 1)[-1]
        if job_id not in self.jobs:
            return _error(404, "not found")
        job = self.jobs[job_id]
        job.looks -= 1
        if job.looks > 0:
            return answer(200, {"id": job_id, "status": "pending", "job_type": "upsert"})
        if not job.counts:
            self._finish(job)
        results: dict[str, Any] = {"requested_count": len(job.contacts), **job.counts}
        if job.failed:
            results["errors_url"] = f"{self._storage.url}/{job_id}?signature=simulated"
            if self.tells:
                self._storage.files[f"/{job_id}"] = self._file(job)
        status = "completed"
        if job.failed:
            status = "failed" if len(job.failed) == len(job.contacts) else "errored"
        said = {"id": job_id, "status": status, "job_type": "upsert", "results": results}
        return answer(200, said)

    def _finish(self, job: Job) -> None:
        names = ("created_count", "updated_count", "errored_count")
        job.counts = dict.fromkeys(names, 0)
        known = {
            (name, held[name]): contact_id
            for contact_id, held in self.contacts.items()
            for name in IDENTIFIERS
            if name in held
        }
        for contact in job.contacts:
            done, why = self._upsert(contact, job.lists, known)
            job.counts[done] += 1
            if why is not None:
                job.failed.append((contact, why))

    def _upsert(
        self, contact: dict[str, Any], lists: list[str], known: dict[tuple[str, str], str]
    ) -> tuple[str, str | None]:
        contact = contact | ({"email": contact["email"].lower()} if "email" in contact else {})
        given = {name: contact[name] for name in IDENTIFIERS if name in contact}
        same = sorted({known[one] for one in given.items() if one in known})
        why = self.judge(contact)
        if len(same) > 1:
            why = "identifiers of more than one contact"
        held = self.contacts[same[0]] if same else {}
        if any(held.get(name) not in (None, given.get(name)) for name in IDENTIFIERS):
            why = _MISSING
        if why is not None:
            return "errored_count", why
        contact_id = same[0] if same else str(UUID(int=next(self._ids)))
        self.contacts[contact_id] = held
        known |= dict.fromkeys(given.items(), contact_id)
        custom = held.get("custom_fields", {}) | contact.get("custom_fields", {})
        held.update(contact | ({"custom_fields": custom} if custom else {}))
        for one in lists:
            self.lists[one].add(contact_id)
        return ("updated_count" if same else "created_count"), None

    def _file(self, job: Job) -> bytes:
        """What a job could not do."""
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow([*IDENTIFIERS, "error_message"])
        for contact, why in job.failed:
            writer.writerow([*(contact.get(name, "") for name in IDENTIFIERS), why])
        return gzip.compress(text.getvalue().encode())

    def _search(self, request: Request) -> Fault:
        self._go()
        kind, asked = request.path.rsplit("/", 1)[-1], request.json()["identifiers"]
        if kind not in IDENTIFIERS or not 0 < len(asked) <= FOUND:
            return _error(400, "1 to 100 identifiers are taken")
        if kind == "email":
            asked = {one.lower() for one in asked}
            if not all(_EMAIL.fullmatch(one) for one in asked):
                return _error(400, "one or more emails are not valid")
        others = "alternate_emails" if kind == "email" else ""
        found = {
            value: {"contact": self._shown(contact_id)}
            for contact_id, held in self.contacts.items()
            for value in (held.get(kind), *held.get(others, ()))
            if value in asked
        }
        if not found:
            return _error(404, "contacts not found")
        missing = {one: {"error": "contact not found"} for one in asked if one not in found}
        return answer(200, {"result": found | missing})

    def _leave(self, request: Request) -> Fault:
        list_id, ids = request.path.split("/")[4], request.query["contact_ids"].split(",")
        if len(request.query["contact_ids"]) > ADDRESS_BYTES:
            return _error(414, "request URI too long")
        if list_id not in self.lists or not self.contacts.keys() >= set(ids):
            return _error(404, "list or contacts not found")
        self._leaving.append((self.looks, list_id, ids))
        return answer(202, {"job_id": str(UUID(int=next(self._ids)))})

    def _delete(self, request: Request) -> Fault:
        if request.query.get("delete_all_contacts") == "true":
            ids = list(self.contacts)
        else:
            ids = request.query["ids"].split(",")
        self._leaving.append((self.looks, None, ids))
        return answer(202, {"job_id": str(UUID(int=next(self._ids)))})

    def _go(self) -> None:
        """Who was to leave has left when it was asked about often enough."""
        waiting = [(looks - 1, list_id, ids) for looks, list_id, ids in self._leaving]
        self._leaving = [one for one in waiting if one[0] > 0]
        for looks, list_id, ids in waiting:
            if looks <= 0 and list_id is not None:
                self.lists[list_id] -= set(ids)
            elif looks <= 0:
                for one in ids:
                    self.contacts.pop(one, None)
                    for members in self.lists.values():
                        members.discard(one)

    def _definitions(self, _request: Request) -> Fault:
        fields = [
            {"id": field_id, "name": name, "field_type": kind}
            for name, (field_id, kind) in self.fields.items()
        ]
        return answer(200, {"custom_fields": fields, "reserved_fields": []})

    def _shown(self, contact_id: str) -> dict[str, Any]:
        lists = sorted(one for one, members in self.lists.items() if contact_id in members)
        named = {"id": contact_id, "list_ids": lists, "segment_ids": []}
        return self.contacts[contact_id] | named


def _custom_fault(types: Mapping[str, str], field_id: str, value: Any) -> str | None:
    if field_id not in types:
        return "invalid custom field ids supplied"
    if value is None:
        return f'custom field "{field_id}" cannot be null'
    wanted = int | float if types[field_id] == "Number" else str
    if not isinstance(value, wanted) or isinstance(value, bool):
        return f'custom field "{field_id}" is no {types[field_id]}'
    return None


def _error(status: int, message: str, where: str | None = None, **headers: str) -> Fault:
    return answer(status, {"errors": [{"message": message, "field": where}]}, **headers)
