"""Meta Custom Audiences (Graph API v25.0): the people of one audience, matched by hashed values.

What it cannot do: say whom Meta matched (it says how many rows it could not read, with samples), take effect at once
(Meta takes up to a day), take out whom an earlier address of somebody matched, or take events. Audiences below some
hundred people are of no use there. Who leaves the audience or is forgotten is taken out of it; Meta is told nothing
else about them.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import httpx

from reverse_etl.context import SyncContext
from reverse_etl.destinations.account import AccountDestination
from reverse_etl.destinations.base import Answer, Batch, Limits
from reverse_etl.destinations.meta_values import FIELDS, matched
from reverse_etl.errors import BatchRefused, DestinationClosed, TryLater
from reverse_etl.http import Http, decoded, not_understood
from reverse_etl.spec import Scalar, Sync

VERSION = "v25.0"
KEYS = ("EXTERN_ID", "EMAIL", "PHONE", "MADID")
_ROWS, _BYTES, _ENVELOPE = 10_000, 60_000, 1_000
_HASH = 67  # bytes of a hash with quotes and comma; an id of ours is seldom longer
# Limits and passing faults, by Meta's error codes.
_LATER = {1, 2, 4, 17, 32, 341, 613, 2650, *range(80_000, 80_015)}
_NOBODY = "no value that Meta matches by"
_USAGE = "x-business-use-case-usage"


class MetaDestination(AccountDestination):
    """The people of one custom audience."""

    name = "meta"
    address = "https://graph.facebook.com"
    credential = "access_token"
    modes = ("upsert", "mirror", "list")
    settings: ClassVar[Mapping[str, bool]] = {
        "access_token": True,
        "audience_id": True,
        "app_secret": False,
        "base_url": False,
    }
    limits = Limits(rows=_ROWS, concurrency=2)

    def __init__(self, sync: Sync, connection: Mapping[str, Scalar], context: SyncContext) -> None:
        super().__init__(sync, connection, context)
        self._path = f"/{VERSION}/{connection['audience_id']}/users"
        token, secret = str(connection["access_token"]), connection.get("app_secret")
        self._proof = {} if secret is None else {"appsecret_proof": _proof(token, str(secret))}
        self._http = Http(
            context,
            self._address,
            headers={"authorization": f"Bearer {token}"},
            connections=self.limits.concurrency,
            refusal=_refusal,
        )

    @classmethod
    def check(cls, sync: Sync) -> None:
        """Every field is one that Meta matches by, and the key alone has to find whom the others found."""
        for field in sync.mapping:
            if field.name not in FIELDS:
                raise sync.wrong(
                    f"mapping.{field.name}",
                    "is nothing Meta matches people by",
                    f"map fields of {', '.join(FIELDS)}",
                )
        if sync.key_field not in KEYS:
            raise sync.wrong(
                "key",
                f"'{sync.key_field}' is not one person's",
                f"map it to one of {', '.join(KEYS)}",
            )
        if sync.on_exit == "remove" and sync.key_field != "EXTERN_ID" and len(sync.mapping) > 1:
            raise sync.wrong(
                "key",
                f"who was matched by another field than '{sync.key_field}' could not be taken out",
                "map the key as EXTERN_ID, or map nothing but the key",
            )

    @classmethod
    def target(cls, sync: Sync) -> str:
        """One audience."""
        return f"meta|{sync.connection['audience_id']}"

    @classmethod
    def rows_per_request(cls, sync: Sync) -> int:
        """As many rows as weigh no more than Meta takes in practice."""
        most = (_BYTES - _ENVELOPE) // (_HASH * len(sync.mapping) + 3)
        return min(super().rows_per_request(sync), most)

    def send(self, batch: Batch) -> Answer:
        """Add people, or take them out."""
        members = batch.members()
        schema = [field.name for field in self._sync.mapping if field.name in members[0]]
        data = [[matched(field, member.get(field)) for field in schema] for member in members]
        nobody = {index: _NOBODY for index, row in enumerate(data) if not any(row)}
        if nobody:
            raise BatchRefused(_NOBODY, nobody)
        body = self._body(schema, data)
        method = "POST" if batch.operation == "upsert" else "DELETE"
        response = self._http.request(method, self._path, body=body)
        return Answer(batch.rows, _rejections(response, data))

    def _body(self, schema: Sequence[str], data: Sequence[Sequence[str]]) -> bytes:
        payload = {"schema": schema, "is_raw": True, "data": data}
        document = {"payload": payload} | self._proof
        body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
        if len(body) > _BYTES and len(data) > 1:
            raise BatchRefused(f"{len(body):,} bytes are above {_BYTES:,}")
        return body


def _rejections(response: httpx.Response, data: Sequence[Sequence[str]]) -> dict[int, str]:
    """The rows Meta could not read, as far as its samples name all of them.

    Raises:
        BatchRefused: It did not say which, or did not receive all; parts of the batch will tell.
    """
    said = decoded(response)
    try:
        received, invalid = int(said["num_received"]), int(said["num_invalid_entries"])
        samples = dict(said.get("invalid_entry_samples") or {})
    except (KeyError, TypeError, ValueError):
        raise not_understood(response) from None
    if received != len(data):
        raise BatchRefused(f"{received} of {len(data)} rows were received")
    if invalid == 0:
        return {}
    told = {str(sample): str(why) for sample, why in samples.items()}
    rejected = {
        index: next(told[value] for value in row if value in told)
        for index, row in enumerate(data)
        if any(value and value in told for value in row)
    }
    if len(rejected) == invalid:
        return rejected
    raise BatchRefused(f"{invalid} of {len(data)} rows cannot be read")


def _refusal(response: httpx.Response) -> Exception | None:
    """What Graph's errors mean: nearly all of them are a 400, limits too."""
    try:
        error = json.loads(response.content)["error"]
        code, words = int(error["code"]), str(error.get("error_user_title") or error["message"])
    except (ValueError, KeyError, TypeError):
        return None
    said = f"{words} (code {code})"
    if code in _LATER or error.get("is_transient"):
        return TryLater(said, _asked_wait(response))
    return DestinationClosed(said)


def _asked_wait(response: httpx.Response) -> float | None:
    """Seconds until the account has regained access, which Meta says in minutes for each kind of use."""
    try:
        usage: dict[str, list[dict[str, Any]]] = json.loads(response.headers.get(_USAGE, "{}"))
        minutes = [
            one["estimated_time_to_regain_access"] for uses in usage.values() for one in uses
        ]
        return max(map(float, minutes)) * 60 or None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _proof(token: str, secret: str) -> str:
    """That whoever has the token has the app's secret too."""
    return hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()
