"""Customer.io (Track API v2): people and events in batches, and the members of one manual segment.

What it cannot do: say that a change was applied (it answers before that), leave a person out because they exist
(insert), decide who is in a data-driven segment, and take people out of a segment by anything but their `id`.
Who leaves the audience leaves the segment; subscriptions are not touched. Who is forgotten is deleted.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

import httpx

from reverse_etl.context import SyncContext
from reverse_etl.destinations.account import AccountDestination
from reverse_etl.destinations.base import Answer, Batch, Limits
from reverse_etl.errors import BatchRefused, DestinationClosed
from reverse_etl.http import Http, decoded, not_understood
from reverse_etl.rates import Rate
from reverse_etl.spec import Scalar, Sync

IDENTIFIERS = ("id", "email", "phone")
_BYTES, _ENTITY_BYTES = 500_000, 32_000
_ULID = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_BATCH, _SEGMENT = "/api/v2/batch", "/api/v1/segments/{}/{}_customers"


class CustomerioDestination(AccountDestination):
    """People, events and one manual segment of a workspace."""

    name = "customerio"
    address = "https://track.customer.io"
    credential = "site_id"
    places = ("segment_id", "event")
    modes = ("upsert", "update", "mirror", "list", "events")
    settings: ClassVar[Mapping[str, bool]] = {
        "site_id": True,
        "api_key": True,
        "segment_id": False,
        "event": False,
        "base_url": False,
        "reports": False,
    }
    # A segment takes 1,000 people at a time; each row is wrapped in some hundred bytes. The vendor names 1,000 requests
    # a second in one place and 100 in another.
    limits = Limits(rows=1_000, bytes=400_000, concurrency=8, rates=(Rate(100, 1),))
    forgets = enters_apart = True
    updates_in_place = True
    partial_modes = ("list", "update")

    def __init__(self, sync: Sync, connection: Mapping[str, Scalar], context: SyncContext) -> None:
        super().__init__(sync, connection, context)
        self._segment, self._event = sync.connection.get("segment_id"), connection.get("event")
        self._http = Http(
            context,
            self._address,
            auth=(str(connection["site_id"]), str(connection["api_key"])),
            connections=self.limits.concurrency,
            refusal=_refusal,
        )

    @classmethod
    def check(cls, sync: Sync) -> None:
        """A person is known by an identifier of Customer.io's, and leaves from a manual segment."""
        cls.check_identifier(sync, IDENTIFIERS, "a person")
        cls.check_event(sync, "segment_id")
        cls._check_segment(sync)

    @classmethod
    def _check_segment(cls, sync: Sync) -> None:
        segment = sync.connection.get("segment_id")
        if segment is None:
            if sync.mode == "list" or sync.on_exit == "remove":
                raise sync.wrong(
                    "connection.segment_id",
                    "is missing; people enter and leave a manual segment",
                    "add the number of a segment, or write 'mode: upsert' and 'on_exit: keep'",
                )
            return
        if isinstance(segment, bool) or not isinstance(segment, int):
            raise sync.wrong(
                "connection.segment_id", f"is {segment!r}", "write the segment's number"
            )
        if sync.key_field == "phone" or (sync.key_field != "id" and sync.on_exit == "remove"):
            raise sync.wrong(
                "key",
                f"nobody leaves a manual segment by '{sync.key_field}'",
                "map the key to id; with 'on_exit: keep' email does as well",
            )

    def send(self, batch: Batch) -> Answer:
        """Tell of people, then put those that were taken into the segment; or take people out of it."""
        keys = [str(member[self._sync.key_field]) for member in batch.members()]
        if batch.operation == "remove":
            self._move("remove", keys)
            return Answer(batch.rows)
        rejected = _rejected(self._http.request("POST", _BATCH, body=self._body(batch)), batch.rows)
        taken = [key for index, key in enumerate(keys) if index not in rejected]
        if self._segment is not None and batch.operation == "upsert" and taken:
            self._http.hold(self.account(), self.limits.rates)
            self._move("add", taken)
        return Answer(batch.rows, rejected)

    def _move(self, verb: str, keys: Sequence[str]) -> None:
        """Add people to the segment or remove them; unknown ones are ignored there."""
        response = self._http.request(
            "POST",
            _SEGMENT.format(self._segment, verb),
            query={"id_type": self._sync.key_field},
            body=_json({"ids": keys}).encode(),
        )
        if decoded(response) != {}:
            raise not_understood(response)

    def _body(self, batch: Batch) -> bytes:
        """The batch as it is sent.

        Raises:
            BatchRefused: It, or a row of it, is larger than what is taken.
        """
        instants = {field.name for field in batch.fields if field.type.startswith("TIMESTAMP")}
        entities = [
            _json(self._entity(batch.operation, member, row_id, instants))
            for member, row_id in zip(batch.members(), batch.ids, strict=True)
        ]
        too_large = {
            index: f"above {_ENTITY_BYTES:,} bytes"
            for index, entity in enumerate(entities)
            if len(entity.encode()) > _ENTITY_BYTES
        }
        if too_large:
            raise BatchRefused("rows are too large", too_large)
        body = f'{{"batch":[{",".join(entities)}]}}'.encode()
        if len(body) > _BYTES:
            raise BatchRefused(f"{len(body):,} bytes are above {_BYTES:,}")
        return body

    def _entity(
        self, operation: str, member: dict[str, Any], row_id: str, instants: set[str]
    ) -> dict[str, Any]:
        """What is told of one person; instants are Unix seconds there."""
        key = self._sync.key_field
        entity = {"type": "person", "identifiers": {key: str(member.pop(key))}}
        if operation == "forget":
            return entity | {"action": "delete"}
        for name in instants & member.keys():
            member[name] = _seconds(member[name])
        if self._sync.mode == "events":
            named = {"action": "event", "name": self._event, "id": _ulid(row_id)}
            if member.get("timestamp") is not None:
                named["timestamp"] = _seconds(member["timestamp"])
            member.pop("timestamp", None)
            return entity | named | {"attributes": member}
        wanted = {} if self._sync.mode == "list" else member
        only = {"_update": True} if self._sync.mode == "update" else {}
        return entity | {"action": "identify", "attributes": wanted | only}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _ulid(row_id: str) -> str:
    """The row's id (128 bits in hexadecimal) as a ULID, by which an event told twice is one."""
    number = int(row_id, 16)
    return "".join(_ULID[number >> shift & 31] for shift in range(125, -1, -5))


def _seconds(value: Any) -> Any:
    """An instant in text as Unix seconds; what is none stays what it is."""
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return value
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _rejected(response: httpx.Response, rows: int) -> dict[int, str]:
    """The rows an answer names as invalid; every one of them by its place in the batch, or it is not understood."""
    said = decoded(response)
    try:
        errors = said.get("errors") or []
        rejected = {error["batch_index"]: _words(error) for error in errors}
    except (AttributeError, KeyError, TypeError):
        raise not_understood(response) from None
    if not all(isinstance(index, int) and 0 <= index < rows for index in rejected):
        raise not_understood(response)
    if (response.status_code == 207) != bool(rejected):
        raise not_understood(response)
    return rejected


def _refusal(response: httpx.Response) -> Exception | None:
    """A 400 in the vendor's words, and an account that is in another region."""
    if response.has_redirect_location:
        return DestinationClosed(
            f"HTTP {response.status_code}: the account is in another region; set connection.base_url"
        )
    if response.status_code != 400:
        return None
    try:
        said = json.loads(response.content)
        errors = said["errors"] if "errors" in said else said["meta"]["errors"]
        words = "; ".join(one if isinstance(one, str) else _words(one) for one in errors)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    # What is wrong with a segment is wrong for everybody who should enter it.
    is_segment = response.request.url.path != _BATCH
    return DestinationClosed(f"segment: {words}") if is_segment else BatchRefused(words)


def _words(error: Mapping[str, Any]) -> str:
    """What an error says, as `field: message`."""
    said = [str(error[name]) for name in ("field", "message") if error.get(name)]
    return ": ".join(said) or str(error.get("reason", "no reason given"))
