"""A receiver of webhooks: it verifies signatures, keeps the members it was told of, and takes a message id once."""

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from reverse_etl.simulators.base import Fault, Request, Simulator, answer
from reverse_etl.spec import Scalar, Sync


@dataclass
class WebhookSimulator(Simulator):
    """Receives posts at `url`.

    Attributes:
        key: The field that names a member.
        secret: whsec_ and base64; None takes unsigned posts.
        judge: Reason to reject a member, or None.
        on_request: Called with (type, members) before anything is done.
        duplicates, unverified: Counts.
        members: What the receiver holds, by sync and key.
        events: Members of mode events by their id, the first telling of each.
    """

    key: str = "external_id"
    secret: str | None = None
    judge: Callable[[dict[str, Any]], str | None] = lambda _member: None
    on_request: Callable[[str, int], None] = lambda _type, _members: None
    duplicates: int = 0
    unverified: int = 0
    members: dict[tuple[str, Any], dict[str, Any]] = field(default_factory=dict)
    events: dict[str, dict[str, Any]] = field(default_factory=dict)
    _taken: set[str] = field(default_factory=set, repr=False)

    @property
    def message_ids(self) -> list[str]:
        """The id of each post that came."""
        return [request.headers.get("webhook-id", "") for request in self.requests]

    @property
    def url(self) -> str:
        """Where to post."""
        return f"{super().url}/hook"

    def connection(self, sync: Sync) -> dict[str, Scalar]:
        """The settings under which it answers."""
        self.key = sync.key_field
        self.secret = "whsec_" + base64.b64encode(b"simulated-signing-secret").decode()
        return super().connection(sync) | {"signing_secret": self.secret}

    def work(self, request: Request) -> Fault:
        """Take what a post tells, unless it is not signed."""
        message = request.json()
        self.on_request(message["type"], len(message["members"]))
        if not self._is_signed(request):
            self.unverified += 1
            return Fault(401)
        message_id = request.headers.get("webhook-id", "")
        self.duplicates += message_id in self._taken
        self._taken.add(message_id)
        results = []
        for index, member in enumerate(message["members"]):
            reason = self.judge(member)
            if reason is not None:
                results.append({"index": index, "status": "rejected", "reason": reason})
            else:
                self._take(message, member)
        return answer(200, {"results": results})

    def _take(self, message: dict[str, Any], member: dict[str, Any]) -> None:
        name = (message["sync"], member[self.key])
        if message["type"] == "members.removed":
            self.members.pop(name, None)
        elif message["type"] == "members.entered":
            self.events.setdefault(member["id"], member)
        else:
            self.members[name] = member

    def _is_signed(self, request: Request) -> bool:
        if self.secret is None:
            return True
        headers = request.headers
        key = base64.b64decode(self.secret.removeprefix("whsec_"))
        signed = f"{headers.get('webhook-id')}.{headers.get('webhook-timestamp')}.".encode()
        digest = base64.b64encode(hmac.digest(key, signed + request.body, hashlib.sha256)).decode()
        given = headers.get("webhook-signature", "").split()
        return any(hmac.compare_digest(f"v1,{digest}", signature) for signature in given)
