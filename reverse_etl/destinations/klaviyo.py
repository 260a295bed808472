"""Klaviyo (API revision 2026-07-15): profiles by bulk import jobs, and the members of one list.

What it cannot do: leave a profile out because it exists (insert) or because it does not (update). Who leaves the
audience leaves the list; consent given in Klaviyo is not touched. Who is to be forgotten is deleted.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

import httpx

from reverse_etl.context import SyncContext
from reverse_etl.destinations.account import AccountDestination
from reverse_etl.destinations.base import (
    Answer,
    Batch,
    Limits,
    ReportsBack,
    WorksInJobs,
)
from reverse_etl.errors import BatchRefused, JobLost, TryLater
from reverse_etl.http import Http, decoded, not_understood
from reverse_etl.rates import Rate
from reverse_etl.reports.klaviyo import read_events
from reverse_etl.reports.report import Report, Unplaced
from reverse_etl.spec import Scalar, Sync

REVISION = "2026-07-15"
IDENTIFIERS = ("external_id", "email", "phone_number")
ATTRIBUTES = (*IDENTIFIERS, "first_name", "last_name", "organization", "locale", "title", "image")
_BYTES, _PROFILE_BYTES = 5_000_000, 100_000
_LIST_IDS, _LOOKUPS = 1_000, 100
_RATES, _LOOKUP_RATES = (Rate(10, 1), Rate(150, 60)), (Rate(75, 1), Rate(750, 60))
_DELETION_RATES = (Rate(3, 1), Rate(60, 60))
_EVENT_RATES = (Rate(350, 1), Rate(3_500, 60))
_LOOKS = (1, 2, 4, 8, *([15] * 8))  # seconds between looks at a job
_JOBS = "/api/profile-bulk-import-jobs"


class KlaviyoDestination(AccountDestination, WorksInJobs, ReportsBack):
    """Profiles and one list of an account."""

    name = "klaviyo"
    address = "https://a.klaviyo.com"
    modes = ("upsert", "mirror", "list")
    settings: ClassVar[Mapping[str, bool]] = {"api_key": True, "list_id": False, "base_url": False}
    limits = Limits(rows=10_000, concurrency=4, rates=_RATES)
    forgets = True

    def __init__(self, sync: Sync, connection: Mapping[str, Scalar], context: SyncContext) -> None:
        super().__init__(sync, connection, context)
        self._list = None if sync.connection.get("list_id") is None else str(connection["list_id"])
        self._http = Http(
            context,
            self._address,
            headers={
                "authorization": f"Klaviyo-API-Key {connection['api_key']}",
                "revision": REVISION,
                "accept": "application/vnd.api+json",
            },
            connections=self.limits.concurrency,
            content_type="application/vnd.api+json",
            refusal=_refusal,
        )

    @classmethod
    def check(cls, sync: Sync) -> None:
        """A profile is known by an identifier of Klaviyo's, and leaves from a list."""
        cls.check_identifier(sync, IDENTIFIERS, "a profile")
        cls.check_place(sync, "list_id", "people enter and leave a list", "the id of a list")

    @classmethod
    def requests(cls, sync: Sync, operation: str, rows: int) -> int:
        """Profiles that leave are looked up first."""
        if operation == "upsert":
            return super().requests(sync, operation, rows)
        return -(-rows // _LOOKUPS) + -(-rows // (1 if operation == "forget" else _LIST_IDS))

    def send(self, batch: Batch) -> Answer:
        """Import profiles, take them off the list, or ask for their deletion."""
        if batch.operation != "upsert":
            profiles = self._found(
                [str(member[self._sync.key_field]) for member in batch.members()]
            )
            if batch.operation == "forget":
                self._forget(profiles)
            else:
                self._take_off(profiles)
            return Answer(batch.rows)
        response = self._http.request("POST", _JOBS, body=self._import(batch))
        try:
            return Answer(batch.rows, job=str(decoded(response)["data"]["id"]))
        except (KeyError, TypeError):
            raise not_understood(response) from None

    def wait_for(self, job: str, batch: Batch) -> Answer:
        """Look at the job until it has ended, and ask what it could not import."""
        for pause in _LOOKS:
            self._context.sleep(pause)
            response = self._get(f"{_JOBS}/{job}", rates=("job", _RATES))
            said = _attributes(response)
            if said.get("status") == "cancelled":
                raise JobLost("the import was cancelled")
            if said.get("status") == "complete":
                return self._ended(job, batch, response, said)
        raise TryLater("the import has not ended yet")

    def pull_events(self, since: datetime) -> Iterator[Report | Unplaced]:
        """What the account tells of its messages; opens and clicks by machines are flagged."""
        return read_events(self._ask, since)

    def _ask(self, path: str, query: Mapping[str, str] | None) -> Any:
        """A page of resources; a path may be a whole address, of which the host does not count."""
        where = httpx.URL(path).raw_path.decode()
        what = ("events", _EVENT_RATES) if "/api/events" in where else ("metrics", _RATES)
        return self._http.insist(lambda: _page(self._get(where, query, rates=what)))

    def _import(self, batch: Batch) -> bytes:
        """The import of a batch.

        Raises:
            BatchRefused: It is larger than what is taken.
        """
        profiles = [_profile(self._wanted(member)) for member in batch.members()]
        too_large = {
            index: f"above {_PROFILE_BYTES:,} bytes"
            for index, profile in enumerate(profiles)
            if len(profile.encode()) > _PROFILE_BYTES
        }
        if too_large:
            raise BatchRefused("profiles are too large", too_large)
        lists = "" if self._list is None else _LISTS % json.dumps(self._list)
        body = (_IMPORT % (",".join(profiles), lists)).encode()
        if len(body) > _BYTES:
            raise BatchRefused(f"{len(body):,} bytes are above {_BYTES:,}")
        return body

    def _wanted(self, member: Mapping[str, Any]) -> Mapping[str, Any]:
        """In mode list nothing but who it is."""
        if self._sync.mode != "list":
            return member
        return {name: value for name, value in member.items() if name in IDENTIFIERS}

    def _ended(
        self, job: str, batch: Batch, response: httpx.Response, said: Mapping[str, Any]
    ) -> Answer:
        rejected = dict(self._import_errors(job)) if said.get("failed_count") else {}
        adds_up = (
            said.get("total_count") == batch.rows
            and said.get("failed_count") == len(rejected)
            and said.get("completed_count") == batch.rows - len(rejected)
            and all(0 <= index < batch.rows for index in rejected)
        )
        if not adds_up:
            raise not_understood(response)
        return Answer(batch.rows, rejected)

    def _import_errors(self, job: str) -> Iterator[tuple[int, str]]:
        path: str | None = f"{_JOBS}/{job}/import-errors"
        while path is not None:
            response = self._get(path, rates=("errors", _RATES))
            said = decoded(response)
            for error in said["data"]:
                found = _POINTER.match(error["attributes"]["source"]["pointer"] or "")
                if found is None:
                    raise not_understood(response)
                yield int(found[1]), str(error["attributes"]["detail"])
            path = _next_page(said)

    def _found(self, keys: Sequence[str]) -> list[str]:
        """Ids of the profiles that exist."""
        ids: list[str] = []
        for values in _slices(keys, _LOOKUPS):
            wanted = f"any({self._sync.key_field},{json.dumps(values, ensure_ascii=False)})"
            query = {"filter": wanted, "page[size]": str(_LOOKUPS), "fields[profile]": "email"}
            response = self._get("/api/profiles", query, rates=("profiles", _LOOKUP_RATES))
            ids += [str(profile["id"]) for profile in decoded(response)["data"]]
        return ids

    def _take_off(self, profiles: Sequence[str]) -> None:
        for some in _slices(profiles, _LIST_IDS):
            body = json.dumps({"data": [{"type": "profile", "id": one} for one in some]}).encode()
            path = f"/api/lists/{self._list}/relationships/profiles"
            response = self._http.request("DELETE", path, body=body)
            if response.status_code != 204:
                raise not_understood(response)

    def _forget(self, profiles: Sequence[str]) -> None:
        """Ask for the deletion of profiles, one by one; Klaviyo does it by and by."""
        for one in profiles:
            self._http.hold(f"{self.account()}|deletion", _DELETION_RATES)
            body = (_DELETION % json.dumps(one)).encode()
            response = self._http.request("POST", "/api/data-privacy-deletion-jobs", body=body)
            if response.status_code != 202:
                raise not_understood(response)

    def _get(
        self,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        rates: tuple[str, Sequence[Rate]],
    ) -> httpx.Response:
        """Ask for something, as often as the account may ask for it."""
        what, allowed = rates
        self._http.hold(f"{self.account()}|{what}", allowed)
        return self._http.request("GET", path, query=query)


_IMPORT = '{"data":{"type":"profile-bulk-import-job","attributes":{"profiles":{"data":[%s]}}%s}}'
_LISTS = ',"relationships":{"lists":{"data":[{"type":"list","id":%s}]}}'
_DELETION = (
    '{"data":{"type":"data-privacy-deletion-job","attributes":'
    '{"profile":{"data":{"type":"profile","id":%s,"attributes":{}}}}}}'
)
_POINTER = re.compile(r"/data/attributes/profiles/data/(\d+)")


def _profile(member: Mapping[str, Any]) -> str:
    """A member as Klaviyo's resource: known attributes, `location.<name>`, and all else as properties."""
    attributes: dict[str, Any] = {}
    for name, value in member.items():
        if name in ATTRIBUTES:
            attributes[name] = value
        elif name.startswith("location."):
            attributes.setdefault("location", {})[name.removeprefix("location.")] = value
        else:
            attributes.setdefault("properties", {})[name] = value
    return json.dumps(
        {"type": "profile", "attributes": attributes}, ensure_ascii=False, separators=(",", ":")
    )


def _refusal(response: httpx.Response) -> Exception | None:
    """A 400 that points at the bad profiles, a 404 of a job."""
    if response.status_code == 404 and response.request.url.path.count(f"{_JOBS}/"):
        return JobLost("the import is not known any more")
    if response.status_code != 400:
        return None
    try:
        errors = json.loads(response.content)["errors"]
        pointed = {
            int(found[1]): str(error["detail"])
            for error in errors
            if (found := _POINTER.match(error.get("source", {}).get("pointer") or ""))
        }
        return BatchRefused(str(errors[0]["detail"]), pointed)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        return None


def _attributes(response: httpx.Response) -> Mapping[str, Any]:
    try:
        said: Mapping[str, Any] = decoded(response)["data"]["attributes"]
    except (KeyError, TypeError):
        raise not_understood(response) from None
    return said


def _page(response: httpx.Response) -> Any:
    said = decoded(response)
    data = said.get("data") if isinstance(said, dict) else None
    if not isinstance(data, list) or not all(
        isinstance(one, dict) and "id" in one and isinstance(one.get("attributes"), dict)
        for one in data
    ):
        raise not_understood(response)
    return said


def _next_page(said: Mapping[str, Any]) -> str | None:
    following = (said.get("links") or {}).get("next")
    return None if following is None else httpx.URL(following).raw_path.decode()


def _slices(values: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]
