"""Any HTTP endpoint that understands Standard Webhooks: signed JSON posts that carry many members each."""

import base64
import binascii
import hashlib
import hmac
import ipaddress
import json
from collections.abc import Mapping
from typing import ClassVar, Self
from urllib.parse import urlsplit

import httpx

from reverse_etl.context import SyncContext
from reverse_etl.destinations.base import Answer, Batch, Destination
from reverse_etl.http import Http, not_understood
from reverse_etl.spec import Scalar, Sync

_TYPES = {
    "upsert": "members.upserted",
    "remove": "members.removed",
    "enter": "members.entered",
}


class WebhookDestination(Destination):
    """Posts batches of members to an URL."""

    name = "webhook"
    modes = ("upsert", "insert", "update", "mirror", "events")
    settings: ClassVar[Mapping[str, bool]] = {"base_url": True, "signing_secret": False}

    def __init__(self, sync: Sync, url: str, secret: bytes | None, context: SyncContext) -> None:
        self._sync, self._url, self._secret, self._context = sync, url, secret, context
        self._http = Http(context, url, connections=self.limits.concurrency)

    @classmethod
    def open(cls, sync: Sync, connection: Mapping[str, Scalar], context: SyncContext) -> Self:
        """Check the address and the secret; without a secret only loopback is reached."""
        url = str(connection["base_url"])
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise sync.wrong("connection.base_url", "is no http(s) address", "write https://…")
        secret = connection.get("signing_secret")
        if secret is None and not _is_loopback(parts.hostname):
            raise sync.wrong(
                "connection.signing_secret",
                "is missing; unsigned requests stay on this machine",
                "write signing_secret: ${NAME_OF_A_VARIABLE} that holds whsec_ and base64",
            )
        return cls(sync, url, None if secret is None else _key(sync, str(secret)), context)

    @classmethod
    def check(cls, sync: Sync) -> None:
        """An event has an id of its own."""
        if sync.mode == "events" and any(field.name == "id" for field in sync.mapping):
            raise sync.wrong("mapping.id", "is the id of the event", "name the field otherwise")

    def account(self) -> str:
        """One receiver."""
        return f"{self.name}|{self._url}"

    def send(self, batch: Batch) -> Answer:
        """Post one batch."""
        body = self._body(batch)
        response = self._http.request("POST", body=body, headers=self._headers(batch, body))
        return Answer(batch.rows, _rejections(response, batch.rows))

    def close(self) -> None:
        """Close the pooled connections."""
        self._http.close()

    def _headers(self, batch: Batch, body: bytes) -> dict[str, str]:
        stamp = str(int(self._context.clock().timestamp()))
        headers = {
            "webhook-id": batch.message_id,
            "webhook-timestamp": stamp,
        }
        if self._secret is not None:
            signed = f"{batch.message_id}.{stamp}.".encode() + body
            digest = hmac.digest(self._secret, signed, hashlib.sha256)
            headers["webhook-signature"] = f"v1,{base64.b64encode(digest).decode()}"
        return headers

    def _body(self, batch: Batch) -> bytes:
        """The same bytes for the same batch, whenever it is built."""
        kind, members = batch.operation, list(batch.payloads)
        if self._sync.mode == "events" and kind == "upsert":
            kind = "enter"
            members = [
                f'{{"id":"{one}",{text[1:]}' for one, text in zip(batch.ids, members, strict=True)
            ]
        head = {
            "type": _TYPES[kind],
            "sync": batch.sync,
            "audience": batch.audience,
            "run_id": batch.run_id,
        }
        opened = json.dumps(head, ensure_ascii=False, separators=(",", ":"))[:-1]
        return f'{opened},"members":[{",".join(members)}]}}'.encode()


def _rejections(response: httpx.Response, rows: int) -> dict[int, str]:
    """The rows a 2xx names as rejected. A body that cannot be understood is no success.

    An empty body and the bare word `ok` accept everything.
    """
    if response.content.strip().lower() in (b"", b"ok"):
        return {}
    try:
        results = json.loads(response.content).get("results") or []
        named = {result["index"]: result for result in results}
        understood = len(named) == len(results) and all(
            isinstance(index, int)
            and 0 <= index < rows
            and result["status"] in ("accepted", "rejected")
            for index, result in named.items()
        )
    except (ValueError, AttributeError, KeyError, TypeError):
        understood = False
    if not understood:
        raise not_understood(response)
    return {
        index: str(result.get("reason") or "no reason given")
        for index, result in named.items()
        if result["status"] == "rejected"
    }


def _key(sync: Sync, secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith("whsec_") or not key:
        raise sync.wrong(
            "connection.signing_secret",
            "is not whsec_ and base64",
            "copy the secret as the receiver shows it",
        )
    return key


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
