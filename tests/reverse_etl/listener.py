"""Somebody who is told: an HTTP server that takes what apprise's `json://` sends."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer


@dataclass
class Listener:
    """Who listens at `address`; `status` is how it answers.

    Attributes:
        heard: Title and message of every alert.
        raw: What came in all, headers included.
    """

    address: str
    status: int = 200
    heard: list[tuple[str, str]] = field(default_factory=list)
    raw: str = ""


@contextmanager
def listening() -> Iterator[Listener]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            document = json.loads(body)
            listener.heard.append((document["title"], document["message"]))
            listener.raw += f"{self.headers}{body}"
            self.send_response(listener.status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    listener = Listener(f"json://127.0.0.1:{server.server_address[1]}/hush")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield listener
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
