"""Klaviyo as far as syncs use it (API revision 2026-07-15): imports and deletions by job, lists, look-up, events.

Its traps are those of the real one: one bad profile refuses the whole import, with pointers; what a job could not do is
told when it has ended; a job forgets itself; members leave a list by profile id.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from reverse_etl.rates import Rate
from reverse_etl.simulators.base import Fault, Request, Simulator, answer
from reverse_etl.simulators.klaviyo_events import Events
from reverse_etl.spec import Scalar, Sync

REVISION = "2026-07-15"
RATES = (Rate(10, 1), Rate(150, 60))
LOOKUP_RATES = (Rate(75, 1), Rate(750, 60))
EVENT_RATES = (Rate(350, 1), Rate(3_500, 60))
PROFILES, BYTES, PROFILE_BYTES, LIST_IDS, PAGE = 10_000, 5_000_000, 100_000, 1_000, 100
IDENTIFIERS = ("external_id", "email", "phone_number")
DELETION_RATES = (Rate(3, 1), Rate(60, 60))
_LIMITS = {"profiles": LOOKUP_RATES, "events": EVENT_RATES, "deletion": DELETION_RATES}
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"\+[1-9]\d{6,14}")


@dataclass
class Job:
    """An import: what it was given, and in how many looks it has ended."""

    profiles: list[dict[str, Any]]
    lists: list[str]
    looks: int
    failed: list[tuple[int, str]] = field(default_factory=list)
    is_done: bool = False


@dataclass
class KlaviyoSimulator(Simulator):
    """One account.

    Attributes:
        key: The private key that is taken.
        profiles: What it holds, by profile id.
        lists: Ids of the members, by list.
        looks: How often a job is asked for before it has ended.
        judge: Why a job cannot import a profile, by its attributes; None where it can.
        events: What its people did.
    """

    key: str = "pk_simulated"
    profiles: dict[str, dict[str, Any]] = field(default_factory=dict)
    lists: dict[str, set[str]] = field(default_factory=dict)
    looks: int = 1
    judge: Callable[[dict[str, Any]], str | None] = lambda _attributes: None
    jobs: dict[str, Job] = field(default_factory=dict)
    events: Events = field(default_factory=Events)
    _made: int = field(default=0, init=False)

    def happen(
        self, external_id: str, metric: str, moment: datetime | None = None, **properties: Any
    ) -> None:
        """Let somebody do something now, or at a moment: "Opened Email", "Unsubscribed from Email Marketing"."""
        profile_id = next(
            one for one, held in self.profiles.items() if held.get("external_id") == external_id
        )
        self.events.add(profile_id, metric, moment or datetime.now(UTC), properties)

    def connection(self, sync: Sync) -> dict[str, Scalar]:
        """The settings under which it answers."""
        if "list_id" in sync.connection:
            self.lists.setdefault(str(sync.connection["list_id"]), set())
        return super().connection(sync) | {"api_key": self.key}

    def work(self, request: Request) -> Fault:
        """Do what is asked and say how to answer."""
        if request.headers.get("authorization") != f"Klaviyo-API-Key {self.key}":
            return _error(401, "not_authenticated", "Missing or invalid private key.")
        if request.headers.get("revision") != REVISION:
            return _error(400, "invalid_revision", "Missing or unknown revision.")
        where = request.path.strip("/").split("/")
        known: tuple[str, Callable[[Request], Fault]] | None = None
        match (request.method, where):
            case ("POST", ["api", "profile-bulk-import-jobs"]):
                known = ("import", self._import)
            case ("GET", ["api", "profile-bulk-import-jobs", _]):
                known = ("job", self._job)
            case ("GET", ["api", "profile-bulk-import-jobs", _, "import-errors"]):
                known = ("errors", self._errors)
            case ("POST", ["api", "data-privacy-deletion-jobs"]):
                known = ("deletion", self._delete)
            case ("GET", ["api", "profiles"]):
                known = ("profiles", self._found)
            case ("GET", ["api", "metrics"]):
                known = ("metrics", lambda asked: self.events.metrics(asked) or _WRONG)
            case ("GET", ["api", "events"]):
                known = ("events", self._told)
            case (("POST" | "DELETE") as verb, ["api", "lists", _, "relationships", "profiles"]):
                known = (verb, self._relate)
        return self._limited(request, *known) if known else _NOTHING

    def _limited(self, request: Request, what: str, work: Callable[[Request], Fault]) -> Fault:
        if not self.allows(what, *_LIMITS.get(what, RATES)):
            said = _errors(429, [("throttled", "Request was throttled.", None)])
            return Fault(said.status, (("retry-after", "1"),), said.body)
        try:
            return work(request)
        except (ValueError, KeyError, TypeError, AttributeError):
            return _error(400, "invalid", "The payload is not what was expected.")

    def _import(self, request: Request) -> Fault:
        if len(request.body) > BYTES:
            return _error(413, "payload_too_large", "The payload is above 5 MB.")
        data = request.json()["data"]
        profiles = data["attributes"]["profiles"]["data"]
        if data["type"] != "profile-bulk-import-job" or not 0 < len(profiles) <= PROFILES:
            return _error(400, "invalid", "1 to 10000 profiles are taken.")
        faults = [(index, fault) for index, one in enumerate(profiles) if (fault := _fault(one))]
        if faults:
            start = "/data/attributes/profiles/data"
            return _errors(
                400, [("invalid", why, f"{start}/{i}/attributes/{at}") for i, (at, why) in faults]
            )
        lists = [
            one["id"] for one in data.get("relationships", {}).get("lists", {}).get("data", [])
        ]
        if not set(lists) <= set(self.lists):
            return _NOTHING
        name = f"job{len(self.jobs) + 1}"
        self.jobs[name] = Job([one["attributes"] for one in profiles], lists, self.looks)
        return answer(202, {"data": self._shown(name)})

    def _job(self, request: Request) -> Fault:
        name = request.path.split("/")[3]
        if name not in self.jobs:
            return _NOTHING
        job = self.jobs[name]
        job.looks -= 1
        if job.looks <= 0 and not job.is_done:
            self._finish(job)
        return answer(200, {"data": self._shown(name)})

    def _finish(self, job: Job) -> None:
        job.is_done = True
        for index, attributes in enumerate(job.profiles):
            why = self.judge(attributes)
            if why is not None:
                job.failed.append((index, why))
                continue
            profile_id = self._upsert(attributes)
            for name in job.lists:
                self.lists[name].add(profile_id)

    def _upsert(self, attributes: dict[str, Any]) -> str:
        for identifier in IDENTIFIERS:
            value = attributes.get(identifier)
            for profile_id, held in self.profiles.items():
                if value is not None and held.get(identifier) == value:
                    properties = held.get("properties", {}) | attributes.get("properties", {})
                    held.update(attributes | ({"properties": properties} if properties else {}))
                    return profile_id
        self._made += 1
        profile_id = f"P{self._made:06}"
        self.profiles[profile_id] = dict(attributes)
        return profile_id

    def _errors(self, request: Request) -> Fault:
        name = request.path.split("/")[3]
        job = self.jobs[name]
        found = [
            {
                "type": "import-error",
                "id": f"{name}-{index}",
                "attributes": {
                    "code": "invalid",
                    "title": "Invalid input.",
                    "detail": why,
                    "source": {"pointer": f"/data/attributes/profiles/data/{index}"},
                    "original_payload": job.profiles[index],
                },
                "links": {"self": self.url},
            }
            for index, why in job.failed
        ]
        return answer(200, {"data": found, "links": {"self": self.url, "next": None}})

    def _found(self, request: Request) -> Fault:
        asked = re.fullmatch(
            r"any\((external_id|email|phone_number),(\[.*\])\)", request.query["filter"]
        )
        if asked is None or int(request.query.get("page[size]", 20)) > PAGE:
            return _error(400, "invalid", "Unknown filter.")
        values = json.loads(asked.group(2))
        if len(values) > PAGE:
            return _error(400, "invalid", "Too many values.")
        found = [
            {"type": "profile", "id": profile_id, "attributes": held, "links": {"self": self.url}}
            for profile_id, held in self.profiles.items()
            if held.get(asked.group(1)) in values
        ]
        return answer(200, {"data": found, "links": {"self": self.url, "next": None}})

    def _told(self, request: Request) -> Fault:
        return self.events.events(request, self.url, self.profiles) or _WRONG

    def _relate(self, request: Request) -> Fault:
        name = request.path.split("/")[3]
        ids = [one["id"] for one in request.json()["data"]]
        if name not in self.lists:
            return _NOTHING
        if not 0 < len(ids) <= LIST_IDS or not set(ids) <= set(self.profiles):
            return _error(400, "invalid", "1 to 1000 known profiles are taken.")
        if request.method == "POST":
            self.lists[name] |= set(ids)
        else:
            self.lists[name] -= set(ids)
        return answer(204)

    def _delete(self, request: Request) -> Fault:
        data = request.json()["data"]
        profile = data["attributes"]["profile"]["data"]
        named = {"id": profile.get("id"), **profile["attributes"]}
        if data["type"] != "data-privacy-deletion-job" or len([*filter(None, named.values())]) != 1:
            return _error(400, "invalid", "One of id, email and phone_number is needed.")
        for profile_id, held in list(self.profiles.items()):
            if any(value and held.get(name) == value for name, value in named.items()) or (
                profile_id == named["id"]
            ):
                del self.profiles[profile_id]
                for members in self.lists.values():
                    members.discard(profile_id)
        return answer(202)

    def _shown(self, name: str) -> dict[str, Any]:
        job = self.jobs[name]
        return {
            "type": "profile-bulk-import-job",
            "id": name,
            "attributes": {
                "status": "complete" if job.is_done else "queued",
                "created_at": "2026-04-01T00:00:00+00:00",
                "total_count": len(job.profiles),
                "completed_count": len(job.profiles) - len(job.failed) if job.is_done else 0,
                "failed_count": len(job.failed),
            },
            "links": {"self": self.url},
        }


def _fault(profile: dict[str, Any]) -> tuple[str, str] | None:
    """The attribute that makes a whole import refused, and why."""
    attributes = profile["attributes"]
    if profile["type"] != "profile" or not any(attributes.get(name) for name in IDENTIFIERS):
        return "external_id", "One of external_id, email and phone_number is needed."
    email, phone = attributes.get("email"), attributes.get("phone_number")
    if email is not None and not _EMAIL.fullmatch(email):
        return "email", "Invalid email address."
    if phone is not None and not _PHONE.fullmatch(phone):
        return "phone_number", "Phone number is not E.164."
    if len(json.dumps(profile).encode()) > PROFILE_BYTES:
        return "properties", "The profile is above 100 KB."
    return None


def _error(status: int, code: str, detail: str) -> Fault:
    return _errors(status, [(code, detail, None)])


def _errors(status: int, errors: list[tuple[str, str, str | None]]) -> Fault:
    said = [
        {
            "id": f"e{number}",
            "status": status,
            "code": code,
            "title": "Invalid input." if status == 400 else code,
            "detail": detail,
            "source": {} if pointer is None else {"pointer": pointer},
        }
        for number, (code, detail, pointer) in enumerate(errors)
    ]
    return answer(status, {"errors": said})


_WRONG = _error(400, "invalid", "Unknown filter, size or order.")
_NOTHING = _error(404, "not_found", "No such resource.")
