"""Serves the built pages on loopback. Nothing here may read the warehouse or a person's row."""

import http.server
import os
from functools import partial
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from audiences.errors import InputError, WorkError

HOST = "127.0.0.1"
HEADERS = {
    "Content-Security-Policy": "frame-ancestors 'none'",  # the rest stands in each page
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


def server(site_dir: Path, port: int) -> http.server.ThreadingHTTPServer:
    """A server of the site, bound but not yet running.

    Args:
        site_dir: Folder of the built dashboards.
        port: Port on loopback; 0 takes a free one.

    Raises:
        WorkError: No page has been built.
        InputError: The port is taken or not allowed.
    """
    if not (site_dir / "index.html").is_file():
        raise WorkError("no dashboard is built yet", "run: perennial dashboard build")
    try:
        return http.server.ThreadingHTTPServer(
            (HOST, port), partial(_Pages, directory=str(site_dir))
        )
    except OSError:
        raise InputError(f"port {port} cannot be used", "choose another with --port") from None


class _Pages(http.server.SimpleHTTPRequestHandler):
    """Files of the site and nothing else: no listings, no other host's name, no hidden files."""

    def send_head(self) -> BytesIO | BinaryIO | None:
        if self.headers.get("Host", "").rsplit(":", 1)[0] not in (HOST, "localhost"):
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST)
            return None
        if any(part.startswith(".") for part in self.path.split("/")):
            self.send_error(HTTPStatus.NOT_FOUND)
            return None
        return super().send_head()

    def list_directory(self, path: str | os.PathLike[str]) -> None:
        self.send_error(HTTPStatus.NOT_FOUND)

    def end_headers(self) -> None:
        for name, value in HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing about requests: addresses are nobody's business here."""
