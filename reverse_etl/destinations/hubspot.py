"""HubSpot (CRM API v3): contacts by batch upsert, and the members of one static list.

A contact is known by a property with unique values, such as `email`. Who leaves the audience leaves the list; people
who were forgotten are deleted for good (`gdpr-delete`). What it cannot do: leave a contact out because it exists
(insert) or because it does not (update), fill a list that HubSpot fills itself (dynamic), or tell an empty text from
none: both clear a property.
"""

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import httpx

from reverse_etl.context import SyncContext
from reverse_etl.destinations.account import AccountDestination
from reverse_etl.destinations.base import Answer, Batch, Limits
from reverse_etl.errors import BatchRefused, DeliveryProblem, DestinationClosed, TryLater
from reverse_etl.http import Http, decoded, not_understood, words
from reverse_etl.rates import Rate
from reverse_etl.spec import Scalar, Sync

_CONTACTS, _LISTS = "/crm/v3/objects/contacts", "/crm/v3/lists"
_CONTACT_TYPE = "0-1"
_BUSY = {423, 477}  # the account is locked or moved for a while


class _GoneError(DeliveryProblem):
    """There is no such contact."""


class HubspotDestination(AccountDestination):
    """Contacts and one list of an account."""

    name = "hubspot"
    address = "https://api.hubapi.com"
    credential = "access_token"
    modes = ("upsert", "mirror", "list")
    settings: ClassVar[Mapping[str, bool]] = {
        "access_token": True,
        "list_id": False,
        "base_url": False,
    }
    # What every account has, larger ones more; requests that take their time on the way come close together.
    limits = Limits(rows=100, concurrency=4, rates=(Rate(100, 10.2),))
    forgets = forgets_singly = enters_apart = True

    def __init__(self, sync: Sync, connection: Mapping[str, Scalar], context: SyncContext) -> None:
        super().__init__(sync, connection, context)
        self._list = None if sync.connection.get("list_id") is None else str(connection["list_id"])
        self._is_list_seen, self._guard = False, threading.Lock()
        self._http = Http(
            context,
            self._address,
            headers={"authorization": f"Bearer {connection['access_token']}"},
            connections=self.limits.concurrency,
            refusal=self._refusal,
        )

    @classmethod
    def check(cls, sync: Sync) -> None:
        """HubSpot keeps addresses in lower case, and people leave from a list."""
        key = next(field for field in sync.mapping if field.name == sync.key_field)
        if key.name == "email" and key.normalise not in ("email", "lower"):
            raise sync.wrong(
                "mapping.email.normalise",
                "is missing; two spellings of an address are one contact",
                "write 'normalise: email'",
            )
        cls.check_place(sync, "list_id", "people enter and leave a list", "the id of a static list")

    def send(self, batch: Batch) -> Answer:
        """Write contacts and put them on the list, take them off it, or delete them for good."""
        keys = [str(json.loads(payload)[self._sync.key_field]) for payload in batch.payloads]
        if batch.operation == "forget":
            return self._forget(keys, batch.remote_ids)
        self._require_static_list()
        if batch.operation == "remove":
            return self._remove(keys, batch.remote_ids)
        body = json.dumps({"inputs": self._inputs(batch)}, ensure_ascii=False).encode()
        response = self._http.request("POST", f"{_CONTACTS}/batch/upsert", body=body)
        answer = self._upserted(response, keys)
        missing = self._change_list(add=list(answer.remote_ids.values()))
        ids = {index: one for index, one in answer.remote_ids.items() if one not in missing}
        unlisted = dict.fromkeys(answer.remote_ids.keys() - ids, "is not on the list yet")
        return replace(answer, later={**answer.later, **unlisted}, remote_ids=ids)

    def _inputs(self, batch: Batch) -> list[dict[str, Any]]:
        key, inputs = self._sync.key_field, []
        for index, payload in enumerate(batch.payloads):
            # Numbers stay as they are written: HubSpot takes every value as text.
            member = json.loads(payload, parse_int=str, parse_float=str)
            one = {"id": _text(member[key]), "idProperty": key, "objectWriteTraceId": str(index)}
            if key == "email":
                # As a property it would become the first address of who has it as a second one.
                del member[key]
            wanted = {key} if self._sync.mode == "list" else member.keys()
            properties = {name: _text(value) for name, value in member.items() if name in wanted}
            inputs.append(one | {"properties": properties})
        return inputs

    def _upserted(self, response: httpx.Response, keys: Sequence[str]) -> Answer:
        """One outcome a row: its contact, its error, or silence, which is no success.

        Raises:
            BatchRefused: Something is not said to be about one row or the other.
        """
        said = decoded(response)
        place = {key.lower(): index for index, key in enumerate(keys)}
        ids, rejected, later = dict[int, str](), dict[int, str](), dict[int, str]()
        try:
            for result in said["results"]:
                trace = result.get("objectWriteTraceId")
                index = place.get(self._key_of(result)) if trace is None else int(trace)
                if index is None and len(keys) > 1:
                    raise BatchRefused("a contact goes by another address")
                ids[index or 0] = str(result["id"])
            for error in said.get("errors") or []:
                reason, traced = str(error["message"]), _traced(error)
                if not traced:
                    raise BatchRefused(reason)
                outcome = later if error.get("category") == "RATE_LIMITS" else rejected
                outcome.update(dict.fromkeys(traced, reason))
        except (KeyError, TypeError, ValueError, AttributeError):
            raise not_understood(response) from None
        rows, told = set(range(len(keys))), [*ids, *rejected, *later]
        if said.get("status") != "COMPLETE" or len(told) != len(set(told)) or set(told) - rows:
            raise not_understood(response)
        later |= dict.fromkeys(rows - set(told), "was not mentioned in the answer")
        return Answer(len(keys), rejected, later, remote_ids=ids)

    def _remove(self, keys: Sequence[str], remote_ids: Sequence[str | None]) -> Answer:
        """Take people off the list. An id that is not there any more may have been merged into another."""
        known = {index: one for index, one in enumerate(remote_ids) if one is not None}
        missing = self._change_list(remove=list(known.values()))
        unknown = [index for index in range(len(keys)) if known.get(index) in {None, *missing}]
        found = self._found([keys[index] for index in unknown])
        self._change_list(remove=list(found.values()))
        return Answer(len(keys))

    def _forget(self, keys: Sequence[str], remote_ids: Sequence[str | None]) -> Answer:
        """Delete people for good. An id that is not there any more may have been merged into another."""
        rest = [
            key
            for key, one in zip(keys, remote_ids, strict=True)
            if one is None or not self._delete(one)
        ]
        for one in self._found(rest).values():
            self._delete(one)
        return Answer(len(keys))

    def _delete(self, contact: str) -> bool:
        """Delete a contact for good; whether it was there."""
        body = json.dumps({"objectId": contact}).encode()
        try:
            response = self._ask("POST", f"{_CONTACTS}/gdpr-delete", body)
        except _GoneError:
            return False
        if response.status_code != 204:
            raise not_understood(response)
        return True

    def _found(self, keys: Sequence[str]) -> dict[str, str]:
        """Ids of the contacts that exist, by key in lower case."""
        if not keys:
            return {}
        body = {
            "idProperty": self._sync.key_field,
            "inputs": [{"id": key} for key in keys],
            "properties": [self._sync.key_field],
            "propertiesWithHistory": [],
        }
        response = self._ask("POST", f"{_CONTACTS}/batch/read", json.dumps(body).encode())
        said = decoded(response)
        try:
            named = {self._key_of(one): str(one["id"]) for one in said["results"]}
            errors = said.get("errors") or []
            lost = {str(one).lower() for error in errors for one in error["context"]["ids"]}
        except (KeyError, TypeError, AttributeError):
            raise not_understood(response) from None
        wanted = {key.lower() for key in keys}
        found = {key: one for key, one in named.items() if key in wanted}
        rest = wanted - found.keys() - lost
        if bool(rest) != bool(named.keys() - wanted):
            raise not_understood(response)
        # Found by second addresses: which by which is told by asking one by one.
        if rest and len(keys) == 1:
            return {key.lower(): one for key in keys for one in named.values()}
        for key in rest:
            found |= self._found([key])
        return found

    def _key_of(self, contact: Mapping[str, Any]) -> str:
        """The key a contact goes by; an address may be one of several."""
        return str(contact["properties"].get(self._sync.key_field)).lower()

    def _change_list(self, add: Sequence[str] = (), remove: Sequence[str] = ()) -> set[str]:
        """Put contacts on the list and take others off; the ids of those that are not there."""
        if self._list is None or not (add or remove):
            return set()
        body = json.dumps({"recordIdsToAdd": [*add], "recordIdsToRemove": [*remove]}).encode()
        path = f"{_LISTS}/{self._list}/memberships/add-and-remove"
        response = self._ask("PUT", path, body)
        try:
            missing = {str(one) for one in decoded(response)["recordIdsMissing"]}
        except (KeyError, TypeError):
            raise not_understood(response) from None
        if missing - {*add, *remove}:
            raise not_understood(response)
        return missing

    def _require_static_list(self) -> None:
        """Look at the list once.

        Raises:
            DestinationClosed: Nobody can be put on it.
        """
        with self._guard:
            if self._list is None or self._is_list_seen:
                return
            response = self._ask("GET", f"{_LISTS}/{self._list}")
            try:
                found = decoded(response)["list"]
                kind, holds = found["processingType"], found["objectTypeId"]
            except (KeyError, TypeError):
                raise not_understood(response) from None
            if kind not in ("MANUAL", "SNAPSHOT"):
                raise DestinationClosed(f"list {self._list} is {str(kind).lower()}, not static")
            if holds != _CONTACT_TYPE:
                raise DestinationClosed(f"list {self._list} does not hold contacts")
            self._is_list_seen = True

    def _ask(self, method: str, path: str, body: bytes | None = None) -> httpx.Response:
        """One more request, when the account may be asked again."""
        self._http.hold(self.account(), self.limits.rates)
        return self._http.request(method, path, body=body)

    def _refusal(self, response: httpx.Response) -> Exception | None:
        status = response.status_code
        if status in _BUSY:
            return TryLater(
                f"HTTP {status}", self._http.asked_wait(response.headers.get("retry-after"))
            )
        if status == 404 and response.request.url.path.endswith("/gdpr-delete"):
            return _GoneError("there is no such contact")
        try:
            said = json.loads(response.content)
            if status == 429 and said.get("policyName") == "DAILY":
                return DestinationClosed("the account's requests of the day are used up")
            if status in (400, 409):
                pointed = {
                    index: str(one.get("message") or said.get("message"))
                    for one in said.get("errors") or []
                    for index in _traced(one)
                }
                return BatchRefused(words(response), pointed)
        except (ValueError, TypeError, AttributeError):
            pass
        return None


def _traced(error: Mapping[str, Any]) -> list[int]:
    """The rows an error is about."""
    return [int(one) for one in (error.get("context") or {}).get("objectWriteTraceId") or []]


def _text(value: Any) -> str:
    """A value as HubSpot takes it; an empty text clears."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
