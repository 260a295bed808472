"""Iterable: user profiles in bulk, the members of one static list, and events.

What it cannot do: leave a user out because they exist (insert) or because they do not (update), change the type of a
field, or fill dynamic lists. Who leaves the audience leaves the list and no channel: subscriptions are not touched. Who
is forgotten is forgotten there too, and Iterable takes nothing about them any more (1,000 people a day).
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from reverse_etl.context import SyncContext
from reverse_etl.destinations.account import AccountDestination
from reverse_etl.destinations.base import Answer, Batch, Limits
from reverse_etl.destinations.iterable_answers import NobodyThere, refusal, rejections
from reverse_etl.errors import BatchRefused, TryLater
from reverse_etl.http import Http, decoded, not_understood
from reverse_etl.rates import Rate
from reverse_etl.spec import Scalar, Sync

IDENTIFIERS = ("email", "userId")
_BYTES = 4_000_000
_LIST_RATES, _FORGET_RATES = (Rate(5, 1),), (Rate(3, 1),)
_UPDATE, _TRACK, _FORGET = "/api/users/bulkUpdate", "/api/events/trackBulk", "/api/users/forget"
_SUBSCRIBE, _UNSUBSCRIBE = "/api/lists/subscribe", "/api/lists/unsubscribe"
# Who is not there, or was forgotten, is on no list.
_GONE = ("notFound", "forgotten")


class IterableDestination(AccountDestination):
    """Users, events and one static list of a project."""

    name = "iterable"
    address = "https://api.iterable.com"
    places = ("list_id", "event")
    modes = ("upsert", "mirror", "list", "events")
    settings: ClassVar[Mapping[str, bool]] = {
        "api_key": True,
        "list_id": False,
        "event": False,
        "base_url": False,
    }
    limits = Limits(rows=1_000, bytes=3_000_000, concurrency=4, rates=(Rate(5, 1),))
    forgets = forgets_singly = True

    def __init__(self, sync: Sync, connection: Mapping[str, Scalar], context: SyncContext) -> None:
        super().__init__(sync, connection, context)
        self._key = sync.key_field
        self._list, self._event = connection.get("list_id"), connection.get("event")
        self._http = Http(
            context,
            self._address,
            headers={"api-key": str(connection["api_key"])},
            connections=self.limits.concurrency,
            refusal=refusal,
        )

    @classmethod
    def check(cls, sync: Sync) -> None:
        """A user is known by one identifier, and leaves from a static list."""
        cls.check_identifier(sync, IDENTIFIERS, "a user")
        cls.check_event(sync, "list_id")
        list_id = sync.connection.get("list_id")
        if list_id is None and (sync.mode == "list" or sync.on_exit == "remove"):
            raise sync.wrong(
                "connection.list_id",
                "is missing; people enter and leave a list",
                "add the number of a list, or write 'mode: upsert' and 'on_exit: keep'",
            )
        if list_id is not None and (isinstance(list_id, bool) or not isinstance(list_id, int)):
            raise sync.wrong("connection.list_id", f"is {list_id!r}", "write the list's number")

    @classmethod
    def requests(cls, sync: Sync, operation: str, rows: int) -> int:
        """Users are told of, then put on the list."""
        apart = operation == "upsert" and sync.mode != "list" and "list_id" in sync.connection
        return super().requests(sync, operation, rows) * (2 if apart else 1)

    def send(self, batch: Batch) -> Answer:
        """Tell of users or events, move users in and out of the list, or have them forgotten."""
        members = batch.members()
        if batch.operation == "forget":
            return self._forget(members)
        if batch.operation == "remove":
            return Answer(batch.rows, self._move(_UNSUBSCRIBE, members, _GONE))
        if self._sync.mode == "events":
            events = self._events(batch, members)
            return Answer(batch.rows, self._post(_TRACK, {"events": events}, members))
        rejected: dict[int, str] = {}
        if self._sync.mode != "list":
            users = [self._user(batch, member) for member in members]
            rejected = self._post(_UPDATE, {"users": users}, members)
        if self._list is not None:
            taken = [index for index in range(batch.rows) if index not in rejected]
            moved = self._move(_SUBSCRIBE, [members[index] for index in taken]) if taken else {}
            rejected |= {taken[place]: why for place, why in moved.items()}
        return Answer(batch.rows, rejected)

    def _user(self, batch: Batch, member: Mapping[str, Any]) -> dict[str, Any]:
        """A member as a user known by one identifier; the other one is data like all else."""
        return self._known(member) | {"dataFields": self._data(batch, member)}

    def _events(self, batch: Batch, members: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """An event each; `createdAt` is when it happened."""
        events, timeless = [], {}
        for index, member in enumerate(members):
            event = {self._key: str(member[self._key]), "eventName": self._event}
            event["id"] = batch.ids[index]
            if member.get("createdAt") is not None:
                event["createdAt"] = _seconds(member["createdAt"])
                if event["createdAt"] is None:
                    timeless[index] = "createdAt is no instant"
            data = self._data(batch, member)
            data.pop("createdAt", None)
            events.append(event | {"dataFields": data})
        if timeless:
            raise BatchRefused("createdAt is no instant", timeless)
        return events

    def _known(self, member: Mapping[str, Any]) -> dict[str, Any]:
        """Who it is; a user who is not there yet is made, in projects of either kind."""
        known: dict[str, Any] = {self._key: str(member[self._key])}
        return known | {"preferUserId": True} if self._key == "userId" else known

    def _data(self, batch: Batch, member: Mapping[str, Any]) -> dict[str, Any]:
        """Fields but the key, instants as Iterable writes them."""
        types = {field.name: field.type for field in batch.fields}
        return {
            name: _instant(value) if types[name].startswith("TIMESTAMP") else value
            for name, value in member.items()
            if name != self._key
        }

    def _move(
        self, path: str, members: Sequence[Mapping[str, Any]], fine: Sequence[str] = ()
    ) -> dict[int, str]:
        """Put users on the list or take them off it; `channelUnsubscribe` would silence whole channels."""
        self._http.hold(f"{self.account()}|lists", _LIST_RATES)
        if path == _SUBSCRIBE:
            people = [self._known(member) for member in members]
        else:
            people = [{self._key: str(member[self._key])} for member in members]
        return self._post(path, {"listId": self._list, "subscribers": people}, members, fine)

    def _post(
        self,
        path: str,
        document: Mapping[str, Any],
        members: Sequence[Mapping[str, Any]],
        fine: Sequence[str] = (),
    ) -> dict[int, str]:
        """Post rows; which were not taken and why."""
        new_fields = {} if path in (_SUBSCRIBE, _UNSUBSCRIBE) else {"createNewFields": True}
        body = json.dumps(
            {**document, **new_fields}, ensure_ascii=False, separators=(",", ":")
        ).encode()
        if len(body) > _BYTES:
            raise BatchRefused(f"{len(body):,} bytes are above {_BYTES:,}")
        return rejections(self._http.request("POST", path, body=body), members, fine)

    def _forget(self, members: Sequence[Mapping[str, Any]]) -> Answer:
        """One request a person; who is left when Iterable has had enough is asked for again later."""
        for index, member in enumerate(members):
            self._http.hold(f"{self.account()}|forget", _FORGET_RATES)
            body = json.dumps({self._key: str(member[self._key])}, ensure_ascii=False).encode()
            try:
                response = self._http.request("POST", _FORGET, body=body)
                said = decoded(response)
                if not isinstance(said, dict) or said.get("code") != "Success":
                    raise not_understood(response)
            except NobodyThere:
                continue
            except TryLater as problem:
                if index == 0:
                    raise
                later = dict.fromkeys(range(index, len(members)), problem.reason)
                return Answer(len(members), later=later)
        return Answer(len(members))


def _instant(value: Any) -> Any:
    """2026-03-31T12:00:00Z as 2026-03-31 12:00:00 +00:00, the form Iterable knows dates by."""
    return str(value).replace("T", " ").replace("Z", " +00:00") if value is not None else None


def _seconds(value: Any) -> int | None:
    """An instant as Unix seconds."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
