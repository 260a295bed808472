"""What destinations behind HTTP share: a pooled client, and answers sorted into what the engine knows to do.

A 2xx is handed to the destination, which decides whether it is a success; anything else becomes a DeliveryProblem.
"""

import json
import logging
import random
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import httpx

from reverse_etl.context import SyncContext
from reverse_etl.errors import BatchRefused, DestinationClosed, TryLater
from reverse_etl.rates import Rate, bucket_of

_LATER = {408, 425, 429}
_CLOSED = {401, 402, 403, 404, 405, 407, 410}
_CONNECT = 10  # seconds
_Said = TypeVar("_Said")


def words(response: httpx.Response) -> str:
    """What a refusal says; it may say the request back, so it is masked before it is shortened."""
    try:
        said: Any = json.loads(response.content)
    except ValueError:
        said = response.text
    while isinstance(said, dict):
        said = next(
            (said[key] for key in ("reason", "error", "message", "detail") if key in said), ""
        )
    return " ".join(str(said).split())


def decoded(response: httpx.Response) -> Any:
    """The JSON of a 2xx.

    Raises:
        TryLater: It is none; what the request did is unknown.
    """
    try:
        return json.loads(response.content)
    except ValueError:
        raise not_understood(response) from None


def not_understood(response: httpx.Response) -> TryLater:
    """A 2xx that says nothing one can rely on is no success."""
    return TryLater(f"HTTP {response.status_code} with an answer that cannot be understood")


class Http:
    """A client of one destination, safe to use from many threads.

    Args:
        context: Clock.
        base_url: Where paths begin.
        headers: Sent with each request.
        auth: Name and password, for basic authentication.
        connections: Most requests at a time.
        timeout: Seconds an answer may take.
        content_type: Of the bodies.
        refusal: Turns an answer 4xx into the problem it is; None where the status alone decides.
    """

    def __init__(  # noqa: PLR0913
        self,
        context: SyncContext,
        base_url: str,
        *,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        connections: int = 1,
        timeout: float = 30,
        content_type: str = "application/json",
        refusal: Callable[[httpx.Response], Exception | None] = lambda _response: None,
    ) -> None:
        self._context, self._refusal = context, refusal
        self._base_url, self._content_type = base_url, content_type
        # httpx logs every address it calls, and an address may carry a token.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        self._client = httpx.Client(
            headers={"user-agent": "perennial"} | dict(headers or {}),
            auth=auth,
            timeout=httpx.Timeout(timeout, connect=_CONNECT),
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
            follow_redirects=False,
            # Reading the certificates takes longer than a small delivery; plain http needs none.
            verify=base_url.lower().startswith("https"),
        )

    def request(
        self,
        method: str,
        path: str = "",
        *,
        body: bytes | None = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Make one request; return its answer when it is a 2xx.

        Raises:
            DeliveryProblem: Any other answer, or none.
        """
        kind = {} if body is None else {"content-type": self._content_type}
        try:
            response = self._client.request(
                method,
                self._base_url.rstrip("/") + path if path else self._base_url,
                content=body,
                params=query,
                headers=kind | dict(headers or {}),
            )
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise TryLater(f"no answer ({type(error).__name__})") from None
        if response.is_success:
            return response
        raise self._refusal(response) or self._problem(response)

    def hold(self, account: str, rates: Sequence[Rate]) -> None:
        """Wait until the account may be asked once more."""
        bucket_of(account, rates).hold(self._context.sleep)

    def insist(self, ask: Callable[[], _Said]) -> _Said:
        """Ask again while it may do better later and patience allows; for questions, which change nothing.

        Raises:
            DeliveryProblem: There was no answer in the end.
        """
        retry, waited = self._context.retry, 0.0
        for failures in range(retry.attempts):
            try:
                return ask()
            except TryLater as problem:
                longest = min(retry.longest_wait, retry.first_wait * 2**failures)
                wait = longest * random.uniform(0.5, 1) if problem.wait is None else problem.wait
                if failures + 1 == retry.attempts or waited + wait > retry.budget:
                    raise
                waited += wait
                self._context.sleep(wait)
        raise AssertionError("a context allows one attempt at least")

    def close(self) -> None:
        """Close the pooled connections."""
        self._client.close()

    def _problem(self, response: httpx.Response) -> Exception:
        status = response.status_code
        said = f"HTTP {status} {response.reason_phrase}".strip()
        if status in _LATER or status >= 500:
            return TryLater(said, self.asked_wait(response.headers.get("retry-after")))
        if status in _CLOSED or status < 400:
            return DestinationClosed(said)
        return BatchRefused(f"{said}: {words(response)}".removesuffix(": "))

    def asked_wait(self, value: str | None) -> float | None:
        """Retry-After in seconds; it is a number or a date."""
        if value is None:
            return None
        if value.strip().isdigit():
            return float(value)
        try:
            moment = parsedate_to_datetime(value)
        except ValueError:
            return None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(0.0, (moment - self._context.clock().astimezone(UTC)).total_seconds())
