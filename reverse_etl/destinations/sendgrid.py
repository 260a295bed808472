"""SendGrid Marketing (API v3): contacts by import jobs, and the members of one list.

What it cannot do: leave a contact out because it exists (insert) or because it does not (update), take events, or empty
a number or date it holds (text becomes empty; a number or date that is null is left as it was). A contact is updated
only when every identifier it has is sent, so map all of them. Who leaves the audience leaves the list; people who are
forgotten are deleted. Unsubscribes are not touched.
"""

import json
import re
import threading
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self
from uuid import UUID

import httpx

from reverse_etl.context import SyncContext
from reverse_etl.destinations.account import AccountDestination
from reverse_etl.destinations.base import Answer, Batch, Limits, WorksInJobs
from reverse_etl.destinations.sendgrid_errors import NO_REASON, NobodyFound, import_errors, refusal
from reverse_etl.errors import BatchRefused, DestinationClosed, TryLater
from reverse_etl.http import Http, decoded, not_understood
from reverse_etl.rates import Rate
from reverse_etl.spec import Scalar, Sync

IDENTIFIERS = ("email", "phone_number_id", "external_id", "anonymous_id")
ATTRIBUTES = (
    *(*IDENTIFIERS, "first_name", "last_name", "address_line_1", "address_line_2"),
    *("city", "state_province_region", "postal_code", "country"),
)
_BYTES = 6_000_000
_PAGE = 100  # people in one look-up, and contact ids in one address
# SendGrid publishes no rate; its older contact API took this much, and a 429 says when to come back.
_RATES = (Rate(3, 2),)
_LOOKS = (1, 2, 4, 8, *([15] * 8))  # seconds between looks at a job
_ENDS = ("completed", "errored", "failed")
_CONTACTS, _FIELDS = "/v3/marketing/contacts", "/v3/marketing/field_definitions"


class SendGridDestination(AccountDestination, WorksInJobs):
    """Contacts and one list of an account."""

    name = "sendgrid"
    address = "https://api.sendgrid.com"
    modes = ("upsert", "mirror", "list")
    settings: ClassVar[Mapping[str, bool]] = {
        "api_key": True,
        "list_id": False,
        "base_url": False,
        "reports": False,
    }
    limits = Limits(rows=30_000, bytes=4_500_000, concurrency=4, rates=_RATES)
    forgets = True

    def __init__(self, sync: Sync, connection: Mapping[str, Scalar], context: SyncContext) -> None:
        super().__init__(sync, connection, context)
        self._list = None if sync.connection.get("list_id") is None else str(connection["list_id"])
        self._key = sync.key_field
        self._custom = [one.name for one in sync.mapping if one.name not in ATTRIBUTES]
        self._known: Mapping[str, tuple[str, str]] | None = None
        self._guard = threading.Lock()
        self._http = Http(
            context,
            self._address,
            headers={"authorization": f"Bearer {connection['api_key']}"},
            connections=self.limits.concurrency,
            refusal=refusal(context),
        )

    @classmethod
    def open(cls, sync: Sync, connection: Mapping[str, Scalar], context: SyncContext) -> Self:
        """Make ready to send."""
        list_id = str(connection.get("list_id", UUID(int=0)))
        if not _is_uuid(list_id):
            raise sync.wrong(
                "connection.list_id", "is no id of a list", "copy the id from the list's address"
            )
        return cls(sync, connection, context)

    @classmethod
    def check(cls, sync: Sync) -> None:
        """A contact is known by an identifier of SendGrid's, and leaves from a list."""
        cls.check_identifier(sync, IDENTIFIERS, "a contact")
        cls.check_place(sync, "list_id", "people enter and leave a list", "the id of a list")

    @classmethod
    def requests(cls, sync: Sync, operation: str, rows: int) -> int:
        """Taking away is looked up before and after."""
        return (
            3 * -(-rows // _PAGE)
            if operation != "upsert"
            else super().requests(sync, operation, rows)
        )

    def send(self, batch: Batch) -> Answer:
        """Import contacts, take them off the list, or delete them."""
        if batch.operation != "upsert":
            return self._take_away(batch)
        response = self._http.request("PUT", _CONTACTS, body=self._import(batch))
        return Answer(batch.rows, job=_job(response))

    def wait_for(self, job: str, batch: Batch) -> Answer:
        """Look at the import until it has ended, and ask what it could not do."""
        for pause in _LOOKS:
            self._context.sleep(pause)
            self._http.hold(f"{self.account()}|job", _RATES)
            response = self._http.request("GET", f"{_CONTACTS}/imports/{job}")
            said = decoded(response)
            try:
                if said["status"] in _ENDS:
                    return self._ended(batch, said["status"], said.get("results") or {})
            except (KeyError, TypeError, ValueError):
                raise not_understood(response) from None
        raise TryLater("the import has not ended yet")

    def _import(self, batch: Batch) -> bytes:
        known = self._custom_fields()
        contacts = [_contact(self._wanted(member), known) for member in batch.members()]
        document: dict[str, Any] = {"contacts": contacts}
        if self._list is not None:
            document["list_ids"] = [self._list]
        body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
        if len(body) > _BYTES:
            raise BatchRefused(f"{len(body):,} bytes are above {_BYTES:,}")
        return body

    def _wanted(self, member: Mapping[str, Any]) -> Mapping[str, Any]:
        """In mode list nothing but who it is."""
        if self._sync.mode != "list":
            return member
        return {name: value for name, value in member.items() if name in IDENTIFIERS}

    def _custom_fields(self) -> Mapping[str, tuple[str, str]]:
        """Id and type of each mapped field that is SendGrid's customer's own, by its name; asked once.

        Raises:
            DestinationClosed: One is not there; it has to be made first.
        """
        if not self._custom or self._sync.mode == "list":
            return {}
        with self._guard:
            if self._known is None:
                response = self._http.request("GET", _FIELDS)
                try:
                    self._known = {
                        name: (str(one["id"]), str(one["field_type"]))
                        for one in decoded(response).get("custom_fields") or []
                        for name in (one["id"], one["name"])
                    }
                except (KeyError, TypeError, AttributeError):
                    raise not_understood(response) from None
            unknown = [name for name in self._custom if name not in self._known]
            if unknown:
                self._known = None
                reason = f"there is no custom field '{unknown[0]}'; make it first"
                raise DestinationClosed(reason, is_unsent=True)
            return self._known

    def _ended(self, batch: Batch, status: str, results: Mapping[str, Any]) -> Answer:
        """What became of an import.

        Raises:
            BatchRefused: Some were not taken and nobody says which, or the counts do not add up: its parts will tell.
        """
        errored = int(results.get("errored_count") or 0)
        done = status == "completed" and not errored
        if done and results.get("requested_count", batch.rows) == batch.rows:
            return Answer(batch.rows)
        if status == "failed" and errored != batch.rows:
            return Answer(batch.rows, later=dict.fromkeys(range(batch.rows), "the import failed"))
        told = import_errors(self._context, str(results.get("errors_url") or ""), self._key)
        told = {self._same(key): why for key, why in told.items()}
        keys = [self._same(str(member[self._key])) for member in batch.members()]
        rejected = {index: told[key] for index, key in enumerate(keys) if key in told}
        if batch.rows == 1 and errored == 1:
            rejected = rejected or {0: NO_REASON}
        if errored and len(rejected) == errored:
            return Answer(batch.rows, rejected)
        if not errored:
            raise BatchRefused("the counts of the import do not add up")
        raise BatchRefused(f"{errored} of {batch.rows} contacts were not imported")

    def _same(self, key: str) -> str:
        """A key as SendGrid keeps it."""
        return key.lower() if self._key == "email" else key

    def _take_away(self, batch: Batch) -> Answer:
        """Take people off the list, or delete them, a hundred at a time; what is left after a fault comes again."""
        keys = [str(member[self._key]) for member in batch.members()]
        for start in range(0, len(keys), _PAGE):
            try:
                self._take_some_away(batch.operation, keys[start : start + _PAGE])
            except TryLater as problem:
                if start == 0:
                    raise
                later = dict.fromkeys(range(start, batch.rows), problem.reason)
                return Answer(batch.rows, later=later)
        return Answer(batch.rows)

    def _take_some_away(self, operation: str, keys: Sequence[str]) -> None:
        """Ask for it, and look until nobody is there any more: SendGrid answers before it is done."""
        ids = ",".join(self._still_there(operation, keys))
        if not ids:
            return
        self._http.hold(f"{self.account()}|{operation}", _RATES)
        if operation == "forget":
            response = self._http.request("DELETE", _CONTACTS, query={"ids": ids})
        else:
            path = f"/v3/marketing/lists/{self._list}/contacts"
            response = self._http.request("DELETE", path, query={"contact_ids": ids})
        _job(response)
        for pause in _LOOKS:
            self._context.sleep(pause)
            if not self._still_there(operation, keys):
                return
        raise TryLater("the removal has not ended yet")

    def _still_there(self, operation: str, keys: Sequence[str]) -> list[str]:
        """Contact ids of those who are on the list, or there at all where they are to be forgotten."""
        return [
            str(one["id"])
            for one in self._find(keys)
            if operation == "forget" or self._list in (one.get("list_ids") or [])
        ]

    def _find(self, keys: Sequence[str]) -> list[Mapping[str, Any]]:
        """Contacts that are known by these keys themselves, not by an alternate address."""
        path = f"{_CONTACTS}/search/identifiers/{self._key}"
        self._http.hold(f"{self.account()}|search", _RATES)
        try:
            response = self._http.request(
                "POST", path, body=json.dumps({"identifiers": keys}, ensure_ascii=False).encode()
            )
        except NobodyFound:
            return []
        wanted = {self._same(key) for key in keys}
        try:
            found = [
                one["contact"] for one in decoded(response)["result"].values() if "contact" in one
            ]
            return [one for one in found if self._same(str(one[self._key])) in wanted and one["id"]]
        except (KeyError, TypeError, AttributeError):
            raise not_understood(response) from None


def _contact(member: Mapping[str, Any], known: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    """A member as a contact; text that is null is sent empty, for what is left out stays as it was."""
    contact: dict[str, Any] = {}
    custom: dict[str, Any] = {}
    for name, value in member.items():
        if name in IDENTIFIERS:
            if value not in (None, ""):
                contact[name] = _text(value)
        elif name in ATTRIBUTES:
            contact[name] = _text(value)
        else:
            field_id, kind = known[name]
            if kind == "Text":
                custom[field_id] = _text(value)
            elif value is not None:
                custom[field_id] = value
    return contact | ({"custom_fields": custom} if custom else {})


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _job(response: httpx.Response) -> str:
    try:
        return str(decoded(response)["job_id"])
    except (KeyError, TypeError):
        raise not_understood(response) from None


def _is_uuid(text: str) -> bool:
    return re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", text) is not None
