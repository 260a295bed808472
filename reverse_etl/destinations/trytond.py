"""Tryton: parties of one's own server (`party.party`), and the addresses of one of its mailing lists, over JSON-RPC.

A party is known by its code, somebody on a list by the address. Who leaves the audience leaves the list; without a list
they are archived. Only what the sync's user of the server made is taken back: Tryton notes who made what. What it
cannot do: put somebody on a list again who unsubscribed there, or change a party that others archived back.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from reverse_etl.context import SyncContext
from reverse_etl.destinations.account import AccountDestination
from reverse_etl.destinations.base import Answer, Batch, Limits
from reverse_etl.destinations.trytond_rpc import Server
from reverse_etl.errors import BatchRefused, DestinationClosed
from reverse_etl.http import Http
from reverse_etl.spec import Scalar, Sync

_PARTY, _MECHANISM, _ENTRY = "party.party", "party.contact_mechanism", "marketing.email"
_LIST = "marketing.email.list"
_MECHANISMS = ("email", "phone", "mobile")
_KNOWN = ("code", "active", "create_uid", *(f"contact_mechanisms.{name}" for name in (
    "type", "value", "value_compact", "active", "create_uid"
)))  # fmt: skip
_SPACES = str.maketrans(dict.fromkeys("\t\n\r\v\f", " "))  # for what one line does not take
_NEEDED = ("read", "write", "create", "delete")


class TrytondDestination(AccountDestination):
    """Parties and one mailing list of a database."""

    name = "trytond"
    credential = "username"
    modes = ("upsert", "insert", "mirror", "list")
    settings: ClassVar[Mapping[str, bool]] = {
        "base_url": True,
        "database": True,
        "username": True,
        "password": True,
        "list_id": False,
    }
    limits = Limits(rows=200)
    forgets = True
    partial_modes = ("list", "insert")  # who is there already stays as they are

    def __init__(self, sync: Sync, connection: Mapping[str, Scalar], context: SyncContext) -> None:
        super().__init__(sync, connection, context)
        self._list = connection.get("list_id")
        fields = [] if sync.mode == "list" else [field.name for field in sync.mapping]
        self._has_parties = "code" in fields
        self._plain = [name for name in fields if name not in (*_MECHANISMS, "code")]
        self._lines = set[str]()  # fields that hold one line of text
        self._archives = self._list is None and sync.on_exit == "remove"
        self._is_ready = False
        self._http = Http(context, self._address, connections=self.limits.concurrency)
        names = ("database", "username", "password")
        self._server = Server(self._http, *(str(connection[name]) for name in names))

    @classmethod
    def target(cls, sync: Sync) -> str:
        """The parties of a database, or one list of it."""
        place = (sync.connection.get(one, "") for one in ("base_url", "database", "list_id"))
        return "|".join((cls.name, *map(str, place)))

    @classmethod
    def check(cls, sync: Sync) -> None:
        """A list holds addresses, and Tryton keeps them in lower case; parties go by their code."""
        list_id = sync.connection.get("list_id")
        if list_id is not None and (isinstance(list_id, bool) or not isinstance(list_id, int)):
            raise sync.wrong("connection.list_id", f"is {list_id!r}", "write the list's number")
        if list_id is None:
            cls.check_identifier(sync, ("code",), "a party")
            if sync.mode == "list":
                cls.check_place(sync, "list_id", "people enter and leave a list", "its number")
        else:
            cls.check_identifier(sync, ("email",), "somebody on a list")
        for field in sync.mapping:
            if field.name == "email" and field.normalise not in ("email", "lower"):
                raise sync.wrong(
                    "mapping.email.normalise",
                    "is missing; Tryton keeps addresses in lower case",
                    "write 'normalise: email'",
                )
        names = {field.name for field in sync.mapping}
        if sync.mode != "list" and len(names) > 1 and "code" not in names:
            raise sync.wrong("mapping.code", "is missing; a party is known by it", "map it")

    def send(self, batch: Batch) -> Answer:
        """Write parties and put their addresses on the list, take them back, or erase them."""
        self._require_place()
        members = [json.loads(payload, parse_float=Decimal) for payload in batch.payloads]
        keys = [str(member[self._sync.key_field]) for member in members]
        if batch.operation == "upsert":
            ids = self._write_parties(batch, members) if self._has_parties else {}
            return Answer(batch.rows, self._subscribe(keys), remote_ids=ids)
        if batch.operation == "forget":
            self._erase(keys, batch.remote_ids)
        elif self._list is not None:
            ours = [("create_uid", "=", self._server.user), ("active", "=", True)]
            self._delete_entries(keys, ours)
        elif parties := self._search(_PARTY, self._ours("code", keys)):
            self._server.call(f"model.{_PARTY}.write", parties, {"active": False})
        return Answer(batch.rows)

    def _write_parties(self, batch: Batch, members: Sequence[dict[str, Any]]) -> dict[int, str]:
        """Change the parties that are there, unless only new ones are wanted, and make the others; the ids of all."""
        codes = [str(member["code"] or "") for member in members]
        held = {party["code"]: party for party in self._read(_PARTY, [("code", "in", codes)])}
        there = {index: held[code] for index, code in enumerate(codes) if code in held}
        self._wake(codes, there)
        types = {field.name: field.type for field in batch.fields}
        new, changes = dict[int, Any](), list[Any]()
        for index, member in enumerate(members):
            values = {name: self._value(name, member[name], types[name]) for name in self._plain}
            party = there.get(index, {})
            orders = self._mechanisms(member, party.get("contact_mechanisms.", []))
            values["contact_mechanisms"] = orders
            if party:
                changes += [[party["id"]], values]
            else:
                new[index] = values | {"code": codes[index]}
        if changes and self._sync.mode != "insert":
            self._server.call(f"model.{_PARTY}.write", *changes)
        made = self._server.call(f"model.{_PARTY}.create", list(new.values())) if new else []
        known = {index: party["id"] for index, party in there.items()}
        known |= dict(zip(new, made, strict=True))
        return {index: str(one) for index, one in known.items()}

    def _wake(self, codes: Sequence[str], there: Mapping[int, Mapping[str, Any]]) -> None:
        """Bring back parties that the sync archived: Tryton lets nobody change an archived one.

        Raises:
            BatchRefused: Others archived one, or a member has no code.
        """
        asleep = {index: party for index, party in there.items() if not party["active"]}
        wrong = {index: "code is empty" for index, code in enumerate(codes) if not code}
        back = list[int]()
        for index, party in asleep.items() if self._sync.mode != "insert" else ():
            if self._archives and party["create_uid"] == self._server.user:
                back.append(party["id"])
            else:
                wrong[index] = "the party is archived"
        if wrong:
            raise BatchRefused("a party cannot be written", wrong)
        if back:
            self._server.call(f"model.{_PARTY}.write", back, {"active": True})

    def _mechanisms(
        self, member: Mapping[str, Any], held: Sequence[Mapping[str, Any]]
    ) -> list[list[Any]]:
        """What to do to a party's contact mechanisms: those of others stay as they are."""
        orders = list[list[Any]]()
        for kind in member.keys() & set(_MECHANISMS):
            wanted = member[kind]
            alike = [one for one in held if one["type"] == kind]
            same = [
                one for one in alike if wanted and wanted in (one["value"], one["value_compact"])
            ]
            ours = [
                one["id"]
                for one in alike
                if one["create_uid"] == self._server.user and one["active"] and one not in same
            ]
            if wanted and not same and ours:
                orders.append(["write", [ours.pop(0)], {"value": wanted}])
            elif wanted and not same:
                orders.append(["create", [{"type": kind, "value": wanted}]])
            if ours:
                orders.append(["delete", ours])
        return orders

    def _subscribe(self, addresses: Sequence[str]) -> dict[int, str]:
        """Put addresses on the list; who unsubscribed there stays so, and is rejected."""
        if self._list is None:
            return {}
        there = self._read(_ENTRY, self._entries(addresses), ("email", "active"))
        held = {entry["email"]: entry["active"] for entry in there}
        new = [
            {"list_": self._list, "email": address} for address in addresses if address not in held
        ]
        if new:
            self._server.call(f"model.{_ENTRY}.create", new)
        return {
            index: "has unsubscribed from the list"
            for index, address in enumerate(addresses)
            if not held.get(address, True)
        }

    def _erase(self, keys: Sequence[str], remote_ids: Sequence[str | None]) -> None:
        """Take people off the list and erase their parties, as Tryton's own wizard does."""
        if self._list is not None:
            self._delete_entries(keys)
        parties, wrong = list[int](), dict[int, str]()
        for index, (key, remote_id) in enumerate(zip(keys, remote_ids, strict=True)):
            found = self._parties_of(key, remote_id) if self._has_parties else []
            if len(found) > 1:
                wrong[index] = "several parties have the address; erase the right one by hand"
            parties += found
        if wrong:
            raise BatchRefused("nobody knows whose party it is", wrong)
        if not parties:
            return
        self._server.call(f"model.{_PARTY}.write", parties, {"active": False})
        wizard = "wizard.party.erase"
        session = self._server.call(f"{wizard}.create")[0]
        for party in parties:
            self._server.call(f"{wizard}.execute", session, {"ask": {"party": party}}, "erase")
        self._server.call(f"{wizard}.delete", session)

    def _parties_of(self, key: str, remote_id: str | None) -> list[int]:
        """The party of somebody; by an address only where no answer ever named it, and only one that is ours."""
        if remote_id is not None:
            return self._search(_PARTY, [("id", "=", int(remote_id))])
        if self._list is None:
            return self._search(_PARTY, [("code", "=", key)])
        return self._search(_PARTY, self._ours("contact_mechanisms.value", [key]))

    def _delete_entries(self, addresses: Sequence[str], also: Sequence[Any] = ()) -> None:
        if entries := self._search(_ENTRY, [*self._entries(addresses), *also]):
            self._server.call(f"model.{_ENTRY}.delete", entries)

    def _entries(self, addresses: Sequence[str]) -> list[Any]:
        return [("list_", "=", self._list), ("email", "in", addresses)]

    def _ours(self, field: str, values: Sequence[str]) -> list[Any]:
        return [(field, "in", values), ("create_uid", "=", self._server.user)]

    def _search(self, model: str, domain: Sequence[Any]) -> list[int]:
        """The ids of what is found, archived or not."""
        return [int(one["id"]) for one in self._read(model, domain, ("id",))]

    def _read(
        self, model: str, domain: Sequence[Any], fields: Sequence[str] = _KNOWN
    ) -> list[dict[str, Any]]:
        """What is found, archived or not."""
        found: list[dict[str, Any]] = self._server.call(
            f"model.{model}.search_read", domain, 0, None, None, fields, active_test=False
        )
        return found

    def _require_place(self) -> None:
        """Look once whether the fields and the list are there, and whether the user may write.

        Raises:
            DestinationClosed: They are not, or they may not.
        """
        if self._is_ready:
            return
        models = [_PARTY, _MECHANISM] if self._has_parties else []
        models += [] if self._list is None else [_ENTRY]
        plain = self._plain if self._has_parties else []
        try:
            access = self._server.call("model.ir.model.access.get_access", models)
            known = self._server.call(f"model.{_PARTY}.fields_get", plain) if plain else {}
            lists = [] if self._list is None else self._search(_LIST, [("id", "=", self._list)])
        except BatchRefused as refusal:
            raise DestinationClosed(f"the server lacks something: {refusal.reason}") from None
        forbidden = [
            f"{model} ({one})" for model in models for one in _NEEDED if not access[model][one]
        ]
        if forbidden:
            raise DestinationClosed(f"the user may not touch {', '.join(forbidden)}")
        if missing := [name for name in plain if name not in known]:
            raise DestinationClosed(f"parties have no field {', '.join(missing)}")
        if self._list is not None and not lists:
            raise DestinationClosed(f"there is no mailing list {self._list}")
        self._lines = {name for name in plain if known[name]["type"] == "char"}
        self._is_ready = True

    def _value(self, name: str, value: Any, kind: str) -> Any:
        """A value as the server takes it: in one line, or as Tryton writes its type in JSON."""
        return (
            " ".join(value.splitlines()) if name in self._lines and value else _value(value, kind)
        )


def _value(value: Any, kind: str) -> Any:
    """A value as Tryton writes its type in JSON."""
    if value is None:
        return None
    if kind.startswith("DECIMAL"):
        return {"__class__": "Decimal", "decimal": str(value)}
    if kind == "DATE":
        return {"__class__": "date"} | _parts(date.fromisoformat(value), "year month day")
    if kind.startswith("TIMESTAMP"):
        parts = "year month day hour minute second microsecond"
        return {"__class__": "datetime"} | _parts(datetime.fromisoformat(value), parts)
    return float(value) if isinstance(value, Decimal) else value


def _parts(moment: date, names: str) -> dict[str, Any]:
    return {name: getattr(moment, name) for name in names.split()}
