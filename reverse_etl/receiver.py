"""A small webhook receiver on loopback: for the demo, for trying a sync, and for tests.

It verifies signatures, keeps the members it was told of in memory, takes a message id once, and prints nothing.
A script of faults makes it misbehave.
"""

import base64
import hashlib
import hmac
import json
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from reverse_etl.simulators.base import Fault


@dataclass
class Receiver:
    """Receives posts at `url` while the context is open.

    Attributes:
        key: The field that names a member.
        secret: whsec_ and base64; None takes unsigned posts.
        judge: Reason to reject a member, or None.
        on_request: Called with (type, members) before anything is done.
        requests, duplicates, unverified: Counts.
        members: What the receiver holds, by sync and key.
    """

    key: str = "external_id"
    secret: str | None = None
    judge: Callable[[dict[str, Any]], str | None] = lambda _member: None
    on_request: Callable[[str, int], None] = lambda _type, _members: None
    port: int = 0
    faults: deque[Fault | None] = field(default_factory=deque)
    requests: int = 0
    duplicates: int = 0
    unverified: int = 0
    message_ids: list[str] = field(default_factory=list)
    members: dict[tuple[str, Any], dict[str, Any]] = field(default_factory=dict)

    def __enter__(self) -> Self:
        handler = type("Handler", (_Handler,), {"owner": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}
        )
        self._guard = threading.Lock()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """Where to post."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/hook"

    def take(self, headers: dict[str, str], body: bytes) -> Fault:
        """Handle one post and say how to answer it."""
        with self._guard:
            self.requests += 1
            self.message_ids.append(headers.get("webhook-id", ""))
            fault = self.faults.popleft() if self.faults else None
        message = json.loads(body)
        self.on_request(message["type"], len(message["members"]))
        with self._guard:
            if not self._is_signed(headers, body):
                self.unverified += 1
                return Fault(401)
            if fault is not None and not fault.does_work:
                return fault
            answer = self._work(headers.get("webhook-id", ""), message)
            return fault or answer

    def _work(self, message_id: str, message: dict[str, Any]) -> Fault:
        if self.message_ids.count(message_id) > 1:
            self.duplicates += 1
        results = []
        for index, member in enumerate(message["members"]):
            reason = self.judge(member)
            name = (message["sync"], member[self.key])
            if reason is not None:
                results.append({"index": index, "status": "rejected", "reason": reason})
            elif message["type"] == "members.removed":
                self.members.pop(name, None)
            else:
                self.members[name] = member
        return Fault(body=json.dumps({"results": results}).encode())

    def _is_signed(self, headers: dict[str, str], body: bytes) -> bool:
        if self.secret is None:
            return True
        key = base64.b64decode(self.secret.removeprefix("whsec_"))
        signed = f"{headers.get('webhook-id')}.{headers.get('webhook-timestamp')}.".encode() + body
        digest = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
        given = headers.get("webhook-signature", "").split()
        return any(hmac.compare_digest(f"v1,{digest}", signature) for signature in given)


class _Handler(BaseHTTPRequestHandler):
    owner: Receiver
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        answer = self.owner.take(
            {name.lower(): value for name, value in self.headers.items()}, body
        )
        if answer.cuts:
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        self.send_header("content-length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: Any) -> None:
        """Stay silent: a request may name a person."""
