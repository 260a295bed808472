"""Mailchimp as far as syncs use it (Marketing API 3.0): members of an audience by batch, tags, deletion for good.

Its traps are those of the real one: errors stand by address in a 200; `status` subscribes again whom it should not;
unknown merge fields and strangers to a tag are ignored in silence; who was deleted for good cannot come back; there is
no rate, but ten requests at a time.
"""

import base64
import hashlib
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from reverse_etl.simulators.base import Fault, Request, Simulator, answer
from reverse_etl.spec import Scalar, Sync

MEMBERS, CONNECTIONS = 500, 10
STATUSES = ("subscribed", "unsubscribed", "cleaned", "pending", "transactional")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass
class Member:
    """Somebody in the audience."""

    address: str
    status: str
    merge_fields: dict[str, Any] = field(default_factory=dict)
    own: dict[str, Any] = field(default_factory=dict)
    tags: set[int] = field(default_factory=set)


@dataclass
class MailchimpSimulator(Simulator):
    """One audience of an account.

    Attributes:
        key: The API key that is taken.
        list_id: The audience.
        members: Who is in it, by the hash of the address.
        segments: Kind of each segment, by id; `static` ones are tags.
        merge_fields: Their tags, with whether one is required.
        deleted: Hashes of who was deleted for good.
        judge: Why somebody is not taken, by merge fields; None where they are.
        most_under_way: Most requests there ever were at a time.
    """

    key: str = "simulated-us1"
    list_id: str = "a1"
    members: dict[str, Member] = field(default_factory=dict)
    segments: dict[int, str] = field(default_factory=dict)
    merge_fields: dict[str, bool] = field(default_factory=lambda: {"FNAME": False, "LNAME": False})
    deleted: set[str] = field(default_factory=set)
    judge: Callable[[dict[str, Any]], str | None] = lambda _merge_fields: None
    most_under_way: int = 0
    _under_way: int = 0
    _counting: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def connection(self, sync: Sync) -> dict[str, Scalar]:
        """The settings under which it answers."""
        if "segment_id" in sync.connection:
            self.segments.setdefault(int(sync.connection["segment_id"]), "static")
        self.merge_fields = {one.name: False for one in sync.mapping} | self.merge_fields
        own = {"api_key": self.key, "list_id": self.list_id}
        return super().connection(sync) | own

    def put(self, member: Member) -> None:
        """Have somebody in the audience, as if they had signed up."""
        self.members[hashed(member.address)] = member

    def take(self, request: Request) -> Fault:
        """Handle one request, of ten at a time."""
        with self._counting:
            self._under_way += 1
            self.most_under_way = max(self.most_under_way, self._under_way)
            is_too_many = self._under_way > CONNECTIONS
        try:
            if is_too_many:
                return _problem(429, "Too Many Requests", "You have exceeded 10 connections.")
            return super().take(request)
        finally:
            with self._counting:
                self._under_way -= 1

    def work(self, request: Request) -> Fault:
        """Do what is asked and say how to answer."""
        _, _, credentials = request.headers.get("authorization", "").partition(" ")
        if base64.b64decode(credentials).decode().partition(":")[2] != self.key:
            return _problem(401, "API Key Invalid", "Your API key may be invalid.")
        done = _problem(404, "Resource Not Found", "The requested resource could not be found.")
        match (request.method, request.path.strip("/").split("/")):
            case (_, ["3.0", "lists", list_id, *_]) if list_id != self.list_id:
                pass
            case ("POST", ["3.0", "lists", _]):
                done = self._batch(request)
            case ("GET", ["3.0", "lists", _, "merge-fields"]):
                done = answer(200, {"merge_fields": [{"tag": tag} for tag in self.merge_fields]})
            case ("GET", ["3.0", "lists", _, "segments", name]) if int(name) in self.segments:
                done = answer(200, {"id": int(name), "type": self.segments[int(name)]})
            case ("POST", ["3.0", "lists", _, "segments", name]) if (
                self.segments.get(int(name)) == "static"
            ):
                done = self._tag(int(name), request.json())
            case ("GET", ["3.0", "lists", _, "members", name, "tags"]) if name in self.members:
                tags = [{"id": one, "name": str(one)} for one in self.members[name].tags]
                count = int(request.query.get("count", 10))
                done = answer(200, {"tags": tags[:count], "total_items": len(tags)})
            case ("POST", ["3.0", "lists", _, "members", name, "actions", "delete-permanent"]) if (
                name in self.members
            ):
                del self.members[name]
                self.deleted.add(name)
                done = answer(204)
        return done

    def _batch(self, request: Request) -> Fault:
        asked = request.json()
        pointed = list(_invalid(asked["members"]))
        if pointed:
            detail = "The resource submitted could not be validated."
            return _problem(400, "Invalid Resource", detail, pointed)
        if len(asked["members"]) > MEMBERS:
            return _problem(400, "Invalid Resource", f"At most {MEMBERS} members are taken.")
        skips = request.query.get("skip_merge_validation") == "true"
        told: dict[str, list[dict[str, Any]]] = {"new": [], "updated": [], "errors": []}
        seen: set[str] = set()
        for one in asked["members"]:
            name = hashed(one["email_address"])
            why = self._why_not(one, bool(asked.get("update_existing")), skips)
            if why is None and name in seen:
                why = ("Duplicate items found.", "ERROR_GENERIC")
            seen.add(name)
            if why is None:
                where = "updated" if name in self.members else "new"
                self._write(name, one)
                told[where].append(self._shown(name))
            else:
                error = {"email_address": one["email_address"], "error": why[0]}
                told["errors"].append(error | {"error_code": why[1]})
        said = {
            "new_members": told["new"],
            "updated_members": told["updated"],
            "errors": told["errors"],
            "total_created": len(told["new"]),
            "total_updated": len(told["updated"]),
            "error_count": len(told["errors"]),
        }
        return answer(200, said)

    def _why_not(self, one: dict[str, Any], updates: bool, skips: bool) -> tuple[str, str] | None:
        """Why one member is not taken, with its code."""
        address, merge = one["email_address"], one.get("merge_fields", {})
        name, why, code = hashed(address), None, "ERROR_GENERIC"
        if name in self.members and not updates:
            why, code = f"{address} is already a list member.", "ERROR_CONTACT_EXISTS"
        elif name in self.deleted:
            why = f"{address} was permanently deleted and cannot be re-imported."
        elif not _EMAIL.fullmatch(address):
            why = "Please provide a valid email address."
        elif name not in self.members and not {"status", "status_if_new"} & one.keys():
            why = "A status is required."
        elif not skips and any(
            self.merge_fields[tag] and not merge.get(tag) for tag in self.merge_fields
        ):
            why = "Your merge fields were invalid."
        else:
            why = self.judge(merge)
        return None if why is None else (why, code)

    def _write(self, name: str, one: dict[str, Any]) -> None:
        is_new = name not in self.members
        member = self.members.setdefault(name, Member(one["email_address"], "subscribed"))
        member.status = one.get("status", one["status_if_new"] if is_new else member.status)
        merge = {
            tag: value
            for tag, value in one.get("merge_fields", {}).items()
            if tag in self.merge_fields
        }
        member.merge_fields |= merge
        member.own |= {tag: one[tag] for tag in ("email_type", "language", "vip") if tag in one}

    def _tag(self, segment: int, asked: dict[str, Any]) -> Fault:
        add, remove = asked.get("members_to_add", []), asked.get("members_to_remove", [])
        if max(len(add), len(remove)) > MEMBERS:
            return _problem(400, "Invalid Resource", f"At most {MEMBERS} members are taken.")
        there = [one for one in map(hashed, add) if one in self.members]
        added = [one for one in there if segment not in self.members[one].tags]
        removed = [
            one
            for one in map(hashed, remove)
            if one in self.members and segment in self.members[one].tags
        ]
        had = [self.members[one].address for one in there if one not in added]
        for one in added:
            self.members[one].tags.add(segment)
        for one in removed:
            self.members[one].tags.discard(segment)
        errors = [{"email_addresses": had, "error": "Already in the segment."}] if had else []
        said = {
            "members_added": [self._shown(one) for one in added],
            "members_removed": [self._shown(one) for one in removed],
            "errors": errors,
            "total_added": len(added),
            "total_removed": len(removed),
            "error_count": len(errors),
        }
        return answer(200, said)

    def _shown(self, name: str) -> dict[str, Any]:
        member = self.members[name]
        return {
            "id": name,
            "email_address": member.address,
            "status": member.status,
            "merge_fields": {tag: member.merge_fields.get(tag, "") for tag in self.merge_fields},
            "tags": [{"id": one, "name": str(one)} for one in sorted(member.tags)],
        }


def hashed(address: str) -> str:
    """What a member is known by."""
    return hashlib.md5(address.lower().encode(), usedforsecurity=False).hexdigest()


def _invalid(members: list[dict[str, Any]]) -> Iterator[dict[str, str]]:
    """Fields of the wrong kind; they make a whole batch refused."""
    for index, one in enumerate(members):
        for name, right in (
            ("email_address", isinstance(one.get("email_address"), str)),
            ("vip", isinstance(one.get("vip", False), bool)),
            ("status", one.get("status", "pending") in STATUSES),
            ("status_if_new", one.get("status_if_new", "pending") in STATUSES),
        ):
            if not right:
                yield {"field": f"members.item:{index}.{name}", "message": "Not what is expected."}


def _problem(status: int, title: str, detail: str, errors: Any = None) -> Fault:
    said = {"type": "errors", "title": title, "status": status, "detail": detail, "instance": "i-1"}
    return answer(status, said | ({"errors": errors} if errors else {}))
