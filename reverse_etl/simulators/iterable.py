"""Iterable as far as syncs use it: users in bulk, static lists, events, forgetting.

Its traps are those of the real one: what failed is named by identifier in a 200, be it by a value another user has; a
field keeps its type; unknown fields may be dropped in silence; who was forgotten is not taken again; a limit says in
its body how long.
"""

import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reverse_etl.rates import Rate
from reverse_etl.simulators.base import Fault, Request, Simulator, answer
from reverse_etl.spec import Scalar, Sync

RATES = {"bulkUpdate": Rate(5, 1), "trackBulk": Rate(10, 1), "forget": Rate(3, 1)}
LISTS, FORGOTTEN_A_DAY = Rate(5, 1), Rate(1_000, 86_400)
USERS, BYTES, EVENT_ID = 1_000, 4_000_000, 512
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_USER_ID = re.compile(r"[\x20-\x7e]{0,127}[\x21-\x7e]")
Work = Callable[[Any], Fault]


@dataclass
class IterableSimulator(Simulator):
    """One hybrid project.

    Attributes:
        key: The API key that is taken.
        users: What it holds, by a number: `email`, `userId`, `dataFields`.
        lists: Numbers of the members, by list.
        events: Events, by their id.
        forgotten: Identifiers of users who were forgotten.
        drops: Whether fields that are not known yet are dropped, unless a request says otherwise.
        judge: Whether a user's data are not taken.
        wordless: Whether the lists of failures are left out.
    """

    key: str = "simulated"
    users: dict[int, dict[str, Any]] = field(default_factory=dict)
    lists: dict[int, set[int]] = field(default_factory=dict)
    events: dict[str, dict[str, Any]] = field(default_factory=dict)
    forgotten: set[str] = field(default_factory=set)
    types: dict[str, type] = field(default_factory=dict)
    drops: bool = False
    judge: Callable[[Mapping[str, Any]], bool] = lambda _fields: False
    wordless: bool = False
    _known: dict[tuple[str, str], int] = field(default_factory=dict)
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def connection(self, sync: Sync) -> dict[str, Scalar]:
        """The settings under which it answers."""
        if "list_id" in sync.connection:
            self.lists.setdefault(int(sync.connection["list_id"]), set())
        return super().connection(sync) | {"api_key": self.key}

    def work(self, request: Request) -> Fault:
        """Do what is asked and say how to answer."""
        if request.headers.get("api-key") != self.key:
            return _said(401, "BadApiKey", "Invalid API key")
        known: dict[str, Work] = {
            "/api/users/bulkUpdate": self._update,
            "/api/users/forget": self._forget,
            "/api/lists/subscribe": self._subscribe,
            "/api/lists/unsubscribe": self._unsubscribe,
            "/api/events/trackBulk": self._track,
        }
        if request.method != "POST" or request.path not in known:
            return _said(404, "NotFound", "No such endpoint")
        if (limited := self._limited(request.path.rsplit("/", 1)[-1])) is not None:
            return limited
        if len(request.body) > BYTES:
            return _said(413, "BatchTooLarge", "Request body above 4 MB")
        self._known = {
            (name, str(held[name]).lower()): number
            for number, held in self.users.items()
            for name in ("email", "userId")
            if name in held
        }
        try:
            return known[request.path](request.json())
        except (ValueError, KeyError, TypeError, AttributeError):
            return _said(400, "BadParams", "Invalid parameters")

    def _limited(self, what: str) -> Fault | None:
        rates = [RATES.get(what, LISTS)] + ([FORGOTTEN_A_DAY] if what == "forget" else [])
        if self.allows(what, *rates):
            return None
        limit = {"rateLimitLimit": rates[0].requests, "rateLimitRemaining": 0, "rateLimitReset": 1}
        return _said(429, "RateLimitExceeded", "Too many requests", limit)

    def _update(self, said: Any) -> Fault:
        users = said["users"]
        if not 0 < len(users) <= USERS:
            return _said(400, "BatchTooLarge", "1 to 1000 users are taken")
        dropped = self._dropped(users, said.get("createNewFields", not self.drops))
        failed: dict[str, list[str]] = {}
        for user in users:
            kind, named = self._fault(user)
            if kind is None:
                self._upsert(user, dropped)
            else:
                failed.setdefault(kind, []).append(named)
        return self._counts(len(users), failed, filteredOutFields=sorted(dropped))

    def _dropped(self, rows: Sequence[Mapping[str, Any]], creates: bool) -> set[str]:
        names = {name for row in rows for name in row.get("dataFields", {})}
        return set() if creates else names - set(self.types)

    def _fault(self, user: Mapping[str, Any]) -> tuple[str | None, str]:
        """The kind of list a user is named in, and by what."""
        name, value = _identifier(user)
        kind = "Emails" if name == "email" else "UserIds"
        fields = user.get("dataFields", {})
        for other in ("email", "userId"):
            held = self._found(other, fields.get(other))
            if held is not None and held != self._found(name, value):
                return f"conflict{'Emails' if other == 'email' else 'UserIds'}", fields[other]
        if not _is_valid(name, value):
            return f"invalid{kind}", value
        if value.lower() in self.forgotten:
            return f"forgotten{kind}", value
        if self.judge(fields) or any(not self._fits(*one) for one in fields.items()):
            return f"invalidData{kind}", value
        return None, value

    def _fits(self, name: str, value: Any) -> bool:
        """A field keeps the type of its first value."""
        if value is None:
            return True
        kind = float if type(value) is int else type(value)
        return self.types.setdefault(name, kind) is kind

    def _upsert(self, user: Mapping[str, Any], dropped: set[str]) -> int:
        name, value = _identifier(user)
        number = self._found(name, value)
        if number is None:
            number = next(self._ids)
            self.users[number] = {name: value, "dataFields": {}}
            self._known[name, value.lower()] = number
        held = self.users[number]
        for field_name, given in user.get("dataFields", {}).items():
            if field_name in ("email", "userId"):
                held[field_name] = given
                self._known[field_name, str(given).lower()] = number
            elif field_name not in dropped:
                held["dataFields"][field_name] = given
        return number

    def _subscribe(self, said: Any) -> Fault:
        return self._move(said, makes=True)

    def _unsubscribe(self, said: Any) -> Fault:
        if said.get("channelUnsubscribe"):
            for members in self.lists.values():
                members.clear()
        return self._move(said, makes=False)

    def _move(self, said: Any, makes: bool) -> Fault:
        people, list_id = said["subscribers"], said["listId"]
        if list_id not in self.lists or not isinstance(people, list):
            return _said(400, "BadParams", f"List {list_id} is not found")
        failed: dict[str, list[str]] = {}
        for one in people:
            name, value = _identifier(one)
            kind, named = self._fault(one)
            number = self._found(name, value)
            if kind is None and number is None and not makes:
                kind = f"notFound{'Emails' if name == 'email' else 'UserIds'}"
            if kind is not None:
                failed.setdefault(kind, []).append(named)
            elif makes:
                self.lists[list_id].add(self._upsert(one, set()))
            elif number is not None:
                self.lists[list_id].discard(number)
        return self._counts(len(people), failed)

    def _track(self, said: Any) -> Fault:
        events, failed = said["events"], dict[str, list[str]]()
        for event in events:
            if not event["eventName"] or len(event["id"].encode()) > EVENT_ID:
                raise ValueError
            kind, named = self._fault(event)
            if kind is None:
                self.events[event["id"]] = event
            else:
                failed.setdefault(kind.replace("invalidData", "invalid"), []).append(named)
        dropped = self._dropped(events, said.get("createNewFields", not self.drops))
        return self._counts(len(events), failed, filteredOutFields=sorted(dropped))

    def _forget(self, said: Any) -> Fault:
        name, value = _identifier(said)
        if value.lower() in self.forgotten:
            return _said(409, "ForgottenUserError", "User has been forgotten")
        number = self._found(name, value)
        held = self.users.pop(number, {}) if number is not None else {}
        self.forgotten |= {str(held[one]).lower() for one in ("email", "userId") if one in held}
        self.forgotten.add(value.lower())
        for members in self.lists.values():
            members.discard(number or 0)
        return _said(200, "Success", "User has been forgotten")

    def _found(self, name: str, value: Any) -> int | None:
        """The user with an identifier; case tells no two apart."""
        return None if value is None else self._known.get((name, str(value).lower()))

    def _counts(self, rows: int, failed: Mapping[str, list[str]], **more: Any) -> Fault:
        count = sum(map(len, failed.values()))
        said: dict[str, Any] = {"successCount": rows - count, "failCount": count, **more}
        return answer(200, said if self.wordless else said | {"failedUpdates": failed})


def _identifier(row: Mapping[str, Any]) -> tuple[str, str]:
    [name] = [one for one in ("email", "userId") if row.get(one) is not None]
    if not isinstance(row[name], str):
        raise TypeError
    return name, row[name]


def _is_valid(name: str, value: str) -> bool:
    return (_EMAIL if name == "email" else _USER_ID).fullmatch(value) is not None


def _said(status: int, code: str, message: str, params: Any = None) -> Fault:
    return answer(status, {"msg": message, "code": code, "params": params})
