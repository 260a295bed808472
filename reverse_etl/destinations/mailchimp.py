"""Mailchimp (Marketing API 3.0): members of one audience by batch, and one of its tags (a static segment).

A member is known by `email_address`; other fields are merge fields, named by their tags. Who leaves the audience loses
the tag; people who were forgotten are deleted for good. Nobody who unsubscribed, bounced or was archived is subscribed
again: new members get a status, others keep theirs, and such a row is rejected with it. What it cannot do: leave a
member out because it exists (insert) or because it does not (update), or add somebody again who was deleted for good.
"""

import hashlib
import json
import re
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
from reverse_etl.spec import Scalar, Sync

KEY = "email_address"
OWN = ("email_type", "language", "vip")  # fields of a member that are no merge fields
STATUSES = ("subscribed", "pending", "transactional")
_TIMEOUT = 120  # seconds Mailchimp itself works on a request
_MERGE_TAG = re.compile(r"[A-Z][A-Z0-9_]{0,9}")
_POINTER = re.compile(r"members\.item:(\d+)")


class _GoneError(DeliveryProblem):
    """There is no such member."""


class MailchimpDestination(AccountDestination):
    """Members and one tag of an audience."""

    name = "mailchimp"
    modes = ("upsert", "mirror", "list")
    settings: ClassVar[Mapping[str, bool]] = {
        "api_key": True,
        "list_id": True,
        "segment_id": False,
        "status_if_new": False,
        "base_url": False,
    }
    limits = Limits(rows=500, concurrency=10)
    places = ("segment_id",)
    forgets = forgets_singly = enters_apart = True

    def __init__(self, sync: Sync, connection: Mapping[str, Scalar], context: SyncContext) -> None:
        key = str(connection["api_key"])
        centre = key.rpartition("-")[2] if "-" in key else None
        if centre is None and "base_url" not in connection:
            raise sync.wrong(
                "connection.api_key",
                "does not end in the name of a data centre, as -us12",
                "copy the whole key, or write 'base_url: https://us12.api.mailchimp.com'",
            )
        address = f"https://{centre}.api.mailchimp.com"
        super().__init__(sync, connection, context, address)
        self._list = f"/3.0/lists/{connection['list_id']}"
        self._segment = connection.get("segment_id")
        self._status = str(connection.get("status_if_new", "subscribed"))
        self._is_looked_at, self._guard = False, threading.Lock()
        self._http = Http(
            context,
            self._address,
            auth=("perennial", key),
            connections=self.limits.concurrency,
            timeout=_TIMEOUT,
            refusal=_refusal,
        )

    @classmethod
    def check(cls, sync: Sync) -> None:
        """People are known by address alone, fields by merge tags, and people leave from a tag."""
        key = next(field for field in sync.mapping if field.name == sync.key_field)
        if key.name != KEY or key.normalise not in ("email", "lower"):
            raise sync.wrong(
                "key", "members are known by address", f"map it as '{KEY}', with 'normalise: email'"
            )
        for field in sync.mapping:
            if field.name not in (KEY, *OWN) and not _MERGE_TAG.fullmatch(field.name):
                raise sync.wrong(
                    f"mapping.{field.name}",
                    "is no merge tag",
                    f"write the tag, as FNAME, or one of {', '.join(OWN)}",
                )
        if sync.connection.get("status_if_new", "subscribed") not in STATUSES:
            raise sync.wrong(
                "connection.status_if_new",
                f"is {sync.connection['status_if_new']!r}",
                f"choose one of {', '.join(STATUSES)}",
            )
        cls.check_place(sync, "segment_id", "people get and lose a tag", "the id of the tag")

    @classmethod
    def target(cls, sync: Sync) -> str:
        """An audience's members, or one tag of it."""
        where = (sync.connection.get(name, "") for name in ("list_id", "segment_id"))
        return f"mailchimp|{sync.connection['api_key']}|{'|'.join(map(str, where))}"

    def send(self, batch: Batch) -> Answer:
        """Write members and give them the tag, take it from them, or delete them for good."""
        members = batch.members()
        addresses = [str(member[KEY]) for member in members]
        if batch.operation == "forget":
            for address in addresses:
                self._forget(address)
            return Answer(batch.rows)
        self._look_at_audience()
        if batch.operation == "remove":
            return self._untagged(addresses)
        said = [self._member(member) for member in members]
        body = json.dumps({"members": said, "update_existing": True}, ensure_ascii=False).encode()
        query = {"skip_merge_validation": "true"}
        response = self._http.request("POST", self._list, body=body, query=query)
        return self._tagged(self._written(response, addresses), addresses, batch.remote_ids)

    def _member(self, member: Mapping[str, Any]) -> dict[str, Any]:
        """A member as Mailchimp takes it: no status, so that nobody's changes; an empty text clears."""
        said = {KEY: member[KEY], "status_if_new": self._status}
        if self._sync.mode == "list":
            return said
        said |= {name: member[name] for name in OWN if member.get(name) is not None}
        merge = {
            name: "" if value is None else value
            for name, value in member.items()
            if name not in (KEY, *OWN)
        }
        return said | ({"merge_fields": merge} if merge else {})

    def _written(self, response: httpx.Response, addresses: Sequence[str]) -> Answer:
        """One outcome a row: its member, its error, or silence, which is no success."""
        said = decoded(response)
        place = {address.lower(): index for index, address in enumerate(addresses)}
        ids, rejected = dict[int, str](), dict[int, str]()
        try:
            held = [*said["new_members"], *said["updated_members"]]
            for member in held:
                index, status = place[str(member[KEY]).lower()], member["status"]
                if status in ("subscribed", "pending", self._status):
                    ids[index] = str(member["id"])
                else:
                    rejected[index] = f"is {status} in Mailchimp, and only they can change that"
            for error in said["errors"]:
                rejected[place[str(error[KEY]).lower()]] = str(error["error"])
            adds_up = len(ids.keys() | rejected.keys()) == len(held) + len(said["errors"])
        except (KeyError, TypeError, AttributeError):
            adds_up = False
        if not adds_up:
            raise not_understood(response)
        silent = set(place.values()) - ids.keys() - rejected.keys()
        later = dict.fromkeys(silent, "was not mentioned in the answer")
        return Answer(len(addresses), rejected, later, remote_ids=ids)

    def _tagged(
        self, answer: Answer, addresses: Sequence[str], known: Sequence[str | None]
    ) -> Answer:
        """Give those who are held the tag. Who is not said to have got it had it before, or is asked after."""
        wanted = {addresses[index]: index for index in answer.remote_ids}
        done, errors = self._change_tag("members_to_add", list(wanted))
        rejected, later = dict(answer.rejected), dict(answer.later)
        for address, index in wanted.items():
            why = errors.get(address)
            had_it = why is None and known[index] is not None
            if address in done or had_it or self._has_tag(address):
                continue
            (later if why is None else rejected)[index] = why or "has not got the tag yet"
        lost = {**rejected, **later}
        ids = {index: one for index, one in answer.remote_ids.items() if index not in lost}
        return replace(answer, rejected=rejected, later=later, remote_ids=ids)

    def _untagged(self, addresses: Sequence[str]) -> Answer:
        """Take the tag away. Who is not said to have lost it never had it, or is asked after."""
        done, errors = self._change_tag("members_to_remove", addresses)
        rejected, later = dict[int, str](), dict[int, str]()
        for index, address in enumerate(addresses):
            if address not in done and self._has_tag(address):
                why = errors.get(address)
                (later if why is None else rejected)[index] = why or "still has the tag"
        return Answer(len(addresses), rejected, later)

    def _change_tag(self, verb: str, addresses: Sequence[str]) -> tuple[set[str], dict[str, str]]:
        """Change who has the tag: whose tag did change, and why somebody's did not, by address."""
        if self._segment is None or not addresses:
            return set(addresses), {}
        path = f"{self._list}/segments/{self._segment}"
        response = self._http.request("POST", path, body=json.dumps({verb: [*addresses]}).encode())
        said = decoded(response)
        try:
            held = said["members_added" if verb == "members_to_add" else "members_removed"]
            done = {str(one[KEY]).lower() for one in held}
            errors = {
                str(address).lower(): str(error["error"])
                for error in said["errors"]
                for address in error["email_addresses"]
            }
        except (KeyError, TypeError):
            raise not_understood(response) from None
        if (done | errors.keys()) - {address.lower() for address in addresses}:
            raise not_understood(response)
        return done, errors

    def _has_tag(self, address: str) -> bool:
        path = f"{self._list}/members/{_hash(address)}/tags"
        try:
            response = self._http.request("GET", path, query={"count": "1000"})
            return any(str(tag["id"]) == str(self._segment) for tag in decoded(response)["tags"])
        except _GoneError:
            return False
        except (KeyError, TypeError):
            raise not_understood(response) from None

    def _forget(self, address: str) -> None:
        """Delete somebody for good; who is not there is deleted."""
        path = f"{self._list}/members/{_hash(address)}/actions/delete-permanent"
        try:
            response = self._http.request("POST", path)
        except _GoneError:
            return
        if response.status_code != 204:
            raise not_understood(response)

    def _look_at_audience(self) -> None:
        """Look once at what Mailchimp would ignore in silence.

        Raises:
            DestinationClosed: The tag is none, or a merge field is not there.
        """
        with self._guard:
            if self._is_looked_at:
                return
            if self._segment is not None:
                path = f"{self._list}/segments/{self._segment}"
                if self._ask(path, {"fields": "id,type"}, "type") != "static":
                    raise DestinationClosed(f"segment {self._segment} is no tag")
            merge = {one.name for one in self._sync.mapping} - {KEY, *OWN}
            if merge and self._sync.mode != "list":
                query = {"count": "1000", "fields": "merge_fields.tag"}
                found = self._ask(f"{self._list}/merge-fields", query, "merge_fields")
                missing = merge - {str(one["tag"]) for one in found}
                if missing:
                    raise DestinationClosed(f"there is no merge field {', '.join(sorted(missing))}")
            self._is_looked_at = True

    def _ask(self, path: str, query: Mapping[str, str], what: str) -> Any:
        response = self._http.request("GET", path, query=query)
        try:
            return decoded(response)[what]
        except (KeyError, TypeError):
            raise not_understood(response) from None


def _hash(address: str) -> str:
    """What a member is known by in paths."""
    return hashlib.md5(address.lower().encode(), usedforsecurity=False).hexdigest()


def _refusal(response: httpx.Response) -> Exception | None:
    """A 403 without words is too many connections; a 400 names fields of members; a member may be gone."""
    status, path = response.status_code, response.request.url.path
    try:
        said = json.loads(response.content)
    except ValueError:
        return TryLater("HTTP 403 without a reason") if status == 403 else None
    if status == 404 and "/members/" in path:
        return _GoneError("there is no such member")
    if status != 400 or not isinstance(said, dict):
        return None
    pointed = {
        int(found[1]): str(error.get("message"))
        for error in said.get("errors") or []
        if (found := _POINTER.match(str(error.get("field"))))
    }
    return BatchRefused(words(response), pointed)
