"""How often requests may be made: one bucket an account, shared by all syncs of the process."""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_buckets: dict[str, "Bucket"] = {}
_guard = threading.Lock()


@dataclass(frozen=True)
class Rate:
    """At most `requests` in any `seconds`."""

    requests: int
    seconds: float


def least_seconds(requests: int, rates: Sequence[Rate]) -> float:
    """How long so many requests take when nothing but the rates holds them up."""
    return max(
        (max(requests - 1, 0) // rate.requests * rate.seconds for rate in rates), default=0.0
    )


class Bucket:
    """Hands out the instants of requests, so that every rate holds in every window.

    Args:
        rates: All of them hold.
        clock: Seconds that only go forward.
    """

    def __init__(self, rates: Sequence[Rate], clock: Callable[[], float] = time.monotonic) -> None:
        self._rates, self._clock = rates, clock
        self._taken: list[deque[float]] = [deque(maxlen=rate.requests) for rate in rates]
        self._closed_until = 0.0
        self._guard = threading.Lock()

    def reserve(self) -> float:
        """Take the next free instant; how many seconds from now it is."""
        with self._guard:
            now = self._clock()
            instant = max(now, self._closed_until)
            for rate, taken in zip(self._rates, self._taken, strict=True):
                if len(taken) == rate.requests:
                    instant = max(instant, taken[0] + rate.seconds)
            for taken in self._taken:
                taken.append(instant)
            return instant - now

    def hold(self, sleep: Callable[[float], None]) -> None:
        """Sleep until the next free instant, and longer when the account is closed in the meantime."""
        closed, wait = self._closed_until, self.reserve()
        while wait > 0:
            sleep(wait)
            wait = 0
            if self._closed_until > closed:
                closed = self._closed_until
                wait = closed - self._clock()

    def pause(self, seconds: float) -> None:
        """Let nobody ask the account for so long: it said so itself."""
        with self._guard:
            self._closed_until = max(self._closed_until, self._clock() + seconds)


def bucket_of(account: str, rates: Sequence[Rate]) -> Bucket:
    """The bucket of an account, the same for every sync that delivers to it."""
    with _guard:
        return _buckets.setdefault(account, Bucket(rates))
