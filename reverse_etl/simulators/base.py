"""A service on loopback that keeps state: for trying a sync without an account, and for tests.

It prints nothing, for a request may name a person. A script of faults makes it misbehave, one fault a request.
"""

import json
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from reverse_etl.rates import Rate
from reverse_etl.spec import Scalar, Sync


@dataclass(frozen=True)
class Fault:
    """How one request is treated: the work is done or not, then an answer is given or the connection is cut.

    Attributes:
        status, headers, body: The answer.
        does_work: Whether the work is done all the same.
        cuts: Whether the connection is cut instead of an answer.
        delay: Seconds before the answer.
    """

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    does_work: bool = False
    cuts: bool = False
    delay: float = 0


@dataclass(frozen=True)
class Request:
    """A request as it came; header names are lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body.

        Raises:
            ValueError: It is no JSON.
        """
        return json.loads(self.body)


def answer(status: int = 200, said: Any = None, **headers: str) -> Fault:
    """An answer with a JSON body."""
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Fault(status, named, b"" if said is None else json.dumps(said).encode())


@dataclass
class Simulator(ABC):
    """Serves at `url` while the context is open.

    Attributes:
        port: 0 for any that is free.
        faults: What goes wrong with the next requests; None lets one through.
        requests: Requests that came.
        clock: Seconds, for the rates.
    """

    port: int = 0
    faults: deque[Fault | None] = field(default_factory=deque)
    requests: list[Request] = field(default_factory=list, repr=False)
    clock: Callable[[], float] = time.monotonic

    def __enter__(self) -> Self:
        handler = type("Handler", (_Handler,), {"owner": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}
        )
        self._guard = threading.Lock()
        self._windows: dict[tuple[str, Rate], deque[float]] = {}
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
        """Where it is."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def take(self, request: Request) -> Fault:
        """Handle one request and say how to answer it."""
        with self._guard:
            self.requests.append(request)
            fault = self.faults.popleft() if self.faults else None
            if fault is not None and not fault.does_work:
                return fault
            done = self.work(request)
            return fault or done

    def connection(self, sync: Sync) -> dict[str, Scalar]:
        """The settings under which it answers a sync, once the lists and fields are made that the sync names."""
        return dict(sync.connection) | {"base_url": self.url}

    @abstractmethod
    def work(self, request: Request) -> Fault:
        """Do what is asked and say how to answer."""

    def allows(self, what: str, *rates: Rate) -> bool:
        """Whether one more request of a kind is within the rates; it counts when it is."""
        now = self.clock()
        windows = [(rate, self._windows.setdefault((what, rate), deque())) for rate in rates]
        for rate, window in windows:
            while window and window[0] <= now - rate.seconds:
                window.popleft()
        if any(len(window) >= rate.requests for rate, window in windows):
            return False
        for _, window in windows:
            window.append(now)
        return True


class _Handler(BaseHTTPRequestHandler):
    owner: Simulator
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        request = Request(
            method=self.command,
            path=parts.path,
            query=dict(parse_qsl(parts.query)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(self.headers.get("content-length", 0))),
        )
        given = self.owner.take(request)
        if given.delay:
            time.sleep(given.delay)
        if given.cuts:
            self.close_connection = True
            return
        self.send_response(given.status)
        for name, value in given.headers:
            self.send_header(name, value)
        self.send_header("content-length", str(len(given.body)))
        self.end_headers()
        self.wfile.write(given.body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - as the base class calls them

    def log_message(self, format: str, *args: Any) -> None:
        """Stay silent: a request may name a person."""
