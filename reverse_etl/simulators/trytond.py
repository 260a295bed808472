"""Tryton as far as syncs use it: parties with their contact mechanisms and mailing lists, over JSON-RPC.

Its traps are those of the real one: what is refused is refused as a whole, with HTTP 200 and without saying whose it
is; codes are unique and never change; a name is one line; who unsubscribed stays on the list, archived.
"""

import base64
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from reverse_etl.simulators.base import Fault, Request, Simulator, answer
from reverse_etl.spec import Scalar, Sync

PARTY, MECHANISM = "party.party", "party.contact_mechanism"
ENTRY, LIST = "marketing.email", "marketing.email.list"
CLERK, OURS = 1, 7
Record = dict[str, Any]


class _RefusedError(Exception):
    """In the words of a UserError."""


@dataclass
class TrytondSimulator(Simulator):
    """One database.

    Attributes:
        username, password: Who may log in.
        records: Records by model and id.
        fields: Fields of parties beside those every party has, with their types.
        forbidden: Models the user may not touch.
        session: How many sessions were begun; none runs out.
        judge: Why a party is not written, by its values; None where it is.
    """

    username: str = "perennial"
    password: str = "simulated"
    records: dict[str, dict[int, Record]] = field(
        default_factory=lambda: {model: {} for model in (PARTY, MECHANISM, ENTRY, LIST)}
    )
    fields: dict[str, str] = field(default_factory=lambda: {"name": "char", "code": "char"})
    forbidden: set[str] = field(default_factory=set)
    session: int = 0
    judge: Callable[[Record], str | None] = lambda _values: None
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(1), repr=False)
    _user: int = field(default=OURS, repr=False)

    def connection(self, sync: Sync) -> dict[str, Scalar]:
        """The settings under which it answers."""
        if "list_id" in sync.connection:
            self.add_list(int(sync.connection["list_id"]))
        self.fields |= {one.name: "other" for one in sync.mapping if one.name not in self.fields}
        known = {"username": self.username, "password": self.password, "database": "crm"}
        return super().connection(sync) | known

    def add_list(self, list_id: int) -> None:
        """Make a mailing list."""
        self.records[LIST][list_id] = {"id": list_id}

    def put(self, model: str, **values: Any) -> int:
        """A record made by a clerk."""
        self._user = CLERK
        try:
            return self._create(model, values)
        finally:
            self._user = OURS

    def party(self, code: str) -> Record:
        """A party with the values of its contact mechanisms by type, none of them archived."""
        found = next(one for one in self.records[PARTY].values() if one["code"] == code)
        return found | {one["type"]: one["value"] for one in self._mechanisms(found["id"])}

    def addresses(self, list_id: int) -> list[str]:
        """Who gets the letters of a list."""
        held = self.records[ENTRY].values()
        return [one["email"] for one in held if one["list_"] == list_id and one["active"]]

    def work(self, request: Request) -> Fault:
        """Do what is asked and say how to answer."""
        asked = request.json()
        method, parameters = str(asked["method"]), asked["params"]
        if method == "common.db.login":
            if parameters != [self.username, {"password": self.password}]:
                return answer(401)
            self.session += 1
            return answer(200, {"id": asked["id"], "result": [OURS, f"s{self.session}", None]})
        names = (f"{self.username}:{OURS}:s{one + 1}".encode() for one in range(self.session))
        sessions = {f"Session {base64.b64encode(name).decode()}" for name in names}
        if request.headers.get("authorization") not in sessions:
            return answer(401)
        before = {
            model: {key: dict(one) for key, one in held.items()}
            for model, held in self.records.items()
        }
        try:
            result = self._called(method, *parameters[:-1], context=parameters[-1])
        except _RefusedError as refusal:
            self.records = before
            return answer(
                200, {"id": asked["id"], "error": ["UserError", [str(refusal), "", None]]}
            )
        except (LookupError, TypeError, ValueError) as error:
            self.records = before
            return answer(200, {"id": asked["id"], "error": [str(error), ""]})
        return answer(200, {"id": asked["id"], "result": result})

    def _called(self, method: str, *given: Any, context: Record) -> Any:
        kind, _, rest = method.partition(".")
        model, _, verb = rest.rpartition(".")
        if kind == "wizard":
            return self._wizard(verb, *given)
        if model == "ir.model.access":
            rights = ("read", "write", "create", "delete")
            return {one: dict.fromkeys(rights, one not in self.forbidden) for one in given[0]}
        if model in self.forbidden and verb != "fields_get":
            raise _RefusedError(f'You are not allowed to access "{model}".')
        done: Any = None
        match verb:
            case "fields_get" if model == PARTY:
                done = {one: {"type": self.fields[one]} for one in given[0] if one in self.fields}
            case "search_read":
                done = self._read(model, given[0], given[4], context.get("active_test", True))
            case "create":
                done = [self._create(model, values) for values in given[0]]
            case "write":
                for ids, values in zip(given[::2], given[1::2], strict=True):
                    self._write(model, ids, values)
            case "delete":
                for one in given[0]:
                    self.records[model].pop(one, None)
        return done

    def _read(
        self, model: str, domain: Sequence[Any], fields: Sequence[str], is_archived_hidden: bool
    ) -> list[Record]:
        found = [
            one
            for one in self.records[model].values()
            if all(self._fits(one, *clause) for clause in domain)
            and (one.get("active", True) or not is_archived_hidden)
        ]
        names = {name for name in fields if "." not in name} | {"id"}
        rows = [{name: one[name] for name in names} for one in found]
        if any("." in name for name in fields):
            rows = [
                row | {"contact_mechanisms.": self._mechanisms(row["id"], True)} for row in rows
            ]
        return rows

    def _fits(self, record: Record, name: str, operator: str, value: Any) -> bool:
        held = [record.get(name)]
        if name == "contact_mechanisms.value":
            held = [one["value"] for one in self._mechanisms(record["id"], True)]
        return any(one in value if operator == "in" else one == value for one in held)

    def _mechanisms(self, party: int, are_archived_too: bool = False) -> list[Record]:
        held = self.records[MECHANISM].values()
        return [
            one for one in held if one["party"] == party and (are_archived_too or one["active"])
        ]

    def _create(self, model: str, values: Record) -> int:
        record = {"active": True} | values | {"id": next(self._ids), "create_uid": self._user}
        self.records[model][record["id"]] = record
        if model == PARTY:
            self._order(record, record.pop("contact_mechanisms", []))
        self._check(model, record)
        return int(record["id"])

    def _write(self, model: str, ids: Sequence[int], values: Record) -> None:
        if "code" in values:
            raise _RefusedError('You are not allowed to modify the field "Code" of "Party".')
        for one in ids:
            record = self.records[model][one]
            if not record["active"] and values.keys() - {"active"}:
                raise _RefusedError("You are not allowed to modify an archived record.")
            record |= values
            self._order(record, record.pop("contact_mechanisms", []))
            self._check(model, record)

    def _order(self, party: Record, orders: Any) -> None:
        for order in orders:
            match order:
                case ["create", many]:
                    kept = {"party": party["id"], "value_compact": None}
                    for values in many:
                        self._create(MECHANISM, values | kept)
                case ["write", ids, values]:
                    self._write(MECHANISM, ids, values)
                case ["delete", ids]:
                    for one in ids:
                        del self.records[MECHANISM][one]

    def _check(self, model: str, record: Record) -> None:
        """Refuse what the database refuses."""
        others = [one for one in self.records[model].values() if one["id"] != record["id"]]
        if model == PARTY:
            unknown = record.keys() - self.fields.keys() - {"id", "active", "create_uid"}
            if unknown:
                raise LookupError(*unknown)
            if "\n" in (record.get("name") or ""):
                raise _RefusedError("The value contains some invalid chars.")
            if any(one["code"] == record["code"] for one in others):
                raise _RefusedError("The code on party must be unique.")
            if (why := self.judge(record)) is not None:
                raise _RefusedError(why)
        if model == ENTRY:
            record["email"] = record["email"].lower()
            if record["list_"] not in self.records[LIST]:
                raise _RefusedError("The value of list is not valid.")
            if any(
                (one["email"], one["list_"]) == (record["email"], record["list_"]) for one in others
            ):
                raise _RefusedError("E-mail must be unique per list.")

    def _wizard(self, verb: str, *given: Any) -> Any:
        if verb == "create":
            return [1, "ask", "end"]
        if verb == "execute":
            party = self.records[PARTY][given[1]["ask"]["party"]]
            if party["active"]:
                raise _RefusedError("An active party cannot be erased.")
            party["name"] = None
            for one in self._mechanisms(party["id"], True):
                one |= {"type": "other", "value": "****", "active": False}
        return {} if verb == "execute" else None
