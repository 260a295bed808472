"""Runs inside mitmdump and brings about faults: each request over HTTP, or connection over TCP, takes the next one.

The faults stand in a JSON list in the file that FAULTS names, null for none; what was brought about is kept beside it.
"""

import asyncio
import json
import os
from pathlib import Path

from mitmproxy import ctx, http, tcp

FAULTS = Path(os.environ["FAULTS"])
SLOW, LATE = 1.5, 0.2  # seconds; the first is longer than who asks waits


class Faults:
    """The addon."""

    def __init__(self) -> None:
        self._of_connection: dict[str, str | None] = {}

    def request(self, flow: http.HTTPFlow) -> None:
        """What happens before the server hears of a request."""
        fault = flow.metadata["fault"] = _next()
        if fault == "cut before":
            _brought(fault)
            flow.kill()
        elif fault == "500 before":
            _brought(fault)
            flow.response = http.Response.make(500, b"<h1>Server Error</h1>")

    async def response(self, flow: http.HTTPFlow) -> None:
        """What happens after the server has done its work."""
        fault = flow.metadata["fault"]
        if fault is None or fault.endswith("before"):
            return
        _brought(fault)
        if fault == "cut after":
            flow.kill()
        elif fault == "500 after":
            flow.response = http.Response.make(500, b"<h1>Server Error</h1>")
        elif fault == "slow":
            await asyncio.sleep(SLOW)
        elif fault == "late":
            await asyncio.sleep(LATE)
        elif fault == "truncated":
            said = flow.response.raw_content or b"?"
            flow.response.raw_content = said[: len(said) // 2]
            flow.response.headers["content-length"] = str(len(said))
            flow.response.headers["connection"] = "close"
        elif fault == "no JSON":
            flow.response = http.Response.make(200, b"<html>", {"content-type": "text/html"})
        elif fault == "no gzip":
            flow.response.headers["content-encoding"] = "gzip"
            flow.response.raw_content = b"neither this nor that"

    def tcp_start(self, flow: tcp.TCPFlow) -> None:
        """A connection takes its fault."""
        self._of_connection[flow.id] = _next()

    def tcp_message(self, flow: tcp.TCPFlow) -> None:
        """Cut when so much was sent (`sent 60000`), before it is passed on, or when the server says so (`said 250`)."""
        kind, _, mark = (self._of_connection[flow.id] or "").partition(" ")
        message = flow.messages[-1]
        sent = sum(len(one.content) for one in flow.messages if one.from_client)
        is_sent = kind == "sent" and message.from_client and sent > int(mark)
        is_said = kind == "said" and not message.from_client and mark.encode() in message.content
        if is_sent or is_said:
            _brought(f"{kind} {mark}")
            message.content = b""
            for handler in ctx.master.addons.get("proxyserver").connections.values():
                if handler.client.id == flow.client_conn.id:
                    for transport in list(handler.transports.values()):
                        transport.writer.transport.abort()


def _next() -> str | None:
    waiting = json.loads(FAULTS.read_text())
    FAULTS.write_text(json.dumps(waiting[1:]))
    return waiting[0] if waiting else None


def _brought(fault: str) -> None:
    with FAULTS.with_suffix(".done").open("a") as done:
        done.write(f"{fault}\n")


addons = [Faults()]
