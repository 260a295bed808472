"""Meta Custom Audiences as far as syncs use them (Graph API v25.0): adding and removing users of an audience.

Its traps are those of the real one: nearly every error is a 400 with a code, limits too, and the time to wait is in
minutes in a header; rows it cannot read are a count with a few samples in a 200; a flagged audience takes nothing; what
is too large is an unknown error.
"""

import itertools
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from reverse_etl.rates import Rate
from reverse_etl.simulators.base import Fault, Request, Simulator, answer
from reverse_etl.spec import Scalar, Sync

VERSION = "v25.0"
ROWS, BYTES, SAMPLES = 10_000, 65_536, 3
PLAIN = {"EXTERN_ID", "MADID"}
HASHED = {
    *("EMAIL", "PHONE", "GEN", "DOBY", "DOBM", "DOBD", "FN", "LN", "FI"),
    *("CT", "ST", "ZIP", "COUNTRY"),
}
_HASH = re.compile("[0-9a-f]{64}")
Row = dict[str, str]


@dataclass
class MetaSimulator(Simulator):
    """Custom audiences of an ad account.

    Attributes:
        token: The access token that is taken.
        proof: What proves that the app's secret is known; None where none is asked for.
        audiences: What people were added by, by audience.
        flagged: Audiences that take nothing until somebody has mended them.
        rates: How often it may be asked.
        judge: Why a row cannot be read; None where it can.
        has_samples: Whether samples of such rows are given.
    """

    token: str = "EAAsimulated"
    proof: str | None = None
    audiences: dict[str, list[Row]] = field(default_factory=dict)
    flagged: set[str] = field(default_factory=set)
    rates: tuple[Rate, ...] = ()
    judge: Callable[[Row], str | None] = lambda _row: None
    has_samples: bool = True
    _sessions: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def connection(self, sync: Sync) -> dict[str, Scalar]:
        """The settings under which it answers."""
        self.audiences["1"] = []
        named = {"access_token": self.token, "audience_id": "1", "base_url": self.url}
        return dict[str, Scalar](named)

    def work(self, request: Request) -> Fault:
        """Do what is asked and say how to answer."""
        found = re.fullmatch(rf"/{VERSION}/(\d+)/users", request.path)
        audience = found[1] if found and request.method in ("POST", "DELETE") else ""
        return self._refused(request, audience) or self._users(request, audience)

    def _refused(self, request: Request, audience: str) -> Fault | None:
        """What is said before a request is read."""
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return _error(190, "Invalid OAuth 2.0 Access Token")
        if audience not in self.audiences:
            return _error(100, "Unsupported request", error_subcode=33)
        if not self.allows("users", *self.rates):
            return self._limited()
        if len(request.body) > BYTES:
            return _error(1, "An unknown error occurred", error_subcode=99, status=500)
        if audience in self.flagged:
            title = "Audience Upload Blocked"
            return _error(100, "Invalid parameter", error_subcode=1713230, error_user_title=title)
        return None

    def _users(self, request: Request, audience: str) -> Fault:
        try:
            said = request.json()
            schema, data = said["payload"]["schema"], said["payload"]["data"]
            is_whole = set(schema) <= PLAIN | HASHED and 0 < len(data) <= ROWS
            rows = [dict(zip(schema, values, strict=True)) for values in data]
        except (ValueError, KeyError, TypeError, AttributeError):
            is_whole = False
        if not is_whole:
            return _error(100, "Invalid parameter")
        if self.proof is not None and said.get("appsecret_proof") != self.proof:
            return _error(100, "Invalid appsecret_proof provided in the API argument")
        invalid: dict[str, str] = {}
        good = []
        for row in rows:
            why = _fault(row) or self.judge(row)
            if why is None:
                good.append(row)
            else:
                invalid[next((str(one) for one in row.values() if one), "")] = why
        (self._add if request.method == "POST" else self._remove)(audience, good)
        samples = dict(list(invalid.items())[:SAMPLES]) if self.has_samples else {}
        return answer(
            200,
            {
                "audience_id": audience,
                "session_id": str(next(self._sessions)),
                "num_received": len(data),
                "num_invalid_entries": len(invalid),
                "invalid_entry_samples": samples,
            },
        )

    def _add(self, audience: str, rows: Sequence[Row]) -> None:
        """Somebody is known by the id they came with, or by all they came with."""
        known = {row.get("EXTERN_ID") or tuple(row.items()): row for row in rows}
        people = self.audiences[audience]
        people[:] = [
            one for one in people if (one.get("EXTERN_ID") or tuple(one.items())) not in known
        ]
        people += known.values()

    def _remove(self, audience: str, rows: Sequence[Row]) -> None:
        given = {(name, value) for row in rows for name, value in row.items() if value}
        people = self.audiences[audience]
        people[:] = [one for one in people if given.isdisjoint(one.items())]

    def _limited(self) -> Fault:
        usage: dict[str, Any] = {
            "1": [
                {"type": "custom_audience", "call_count": 100, "estimated_time_to_regain_access": 2}
            ]
        }
        words = "There have been too many calls to this ad-account. Wait a bit and try again."
        said = _error(80003, words)
        header = ("x-business-use-case-usage", json.dumps(usage))
        return Fault(said.status, (header,), said.body)


def _fault(row: Row) -> str | None:
    """Why a row cannot be read."""
    if not any(row.values()):
        return "no identifier"
    for name, value in row.items():
        if not isinstance(value, str):
            return f"{name} is no text"
        if name in HASHED and value and not _HASH.fullmatch(value):
            return f"{name} is not hashed"
    return None


def _error(code: int, message: str, *, status: int = 400, **more: Any) -> Fault:
    said = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "A1"}
    return answer(status, {"error": said | more})
