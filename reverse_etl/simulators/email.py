"""An SMTP server that keeps letters instead of sending them. It speaks without TLS, and knows no passwords."""

import socketserver
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from types import TracebackType
from typing import Self

from reverse_etl.simulators.base import Fault, Request, Simulator
from reverse_etl.spec import Scalar, Sync

SECRET = "known to everybody who tries things out"


@dataclass
class EmailSimulator(Simulator):
    """Serves at `url` while the context is open; a fault is for the next letter handed over.

    Attributes:
        letters: What it took, by Message-ID: the mailbox of all who were written to.
        copies: How many letters it took.
        refuse: Says how it answers for a recipient, or None to take letters to them.
        judge: Says why it does not take a letter, or None.
    """

    letters: dict[str, EmailMessage] = field(default_factory=dict, repr=False)
    copies: int = 0
    refuse: Callable[[str], str | None] = lambda _recipient: None
    judge: Callable[[EmailMessage], str | None] = lambda _letter: None

    def __enter__(self) -> Self:
        handler = type("Handler", (_Session,), {"owner": self})
        self._smtp = socketserver.ThreadingTCPServer(("127.0.0.1", self.port), handler)
        self._smtp.daemon_threads = True
        self._guard = threading.Lock()
        self._thread = threading.Thread(
            target=self._smtp.serve_forever, kwargs={"poll_interval": 0.02}
        )
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._smtp.shutdown()
        self._smtp.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"smtp://127.0.0.1:{self._smtp.server_address[1]}"

    def connection(self, sync: Sync) -> dict[str, Scalar]:
        """The settings under which it is reached."""
        unknown = ("username", "password", "ca_file")
        kept = {key: value for key, value in sync.connection.items() if key not in unknown}
        return kept | {"base_url": self.url, "unsubscribe_secret": SECRET}

    def work(self, request: Request) -> Fault:
        """Take a letter: status 250, or as it is refused."""
        letter = message_from_bytes(request.body, _class=EmailMessage, policy=default)
        if (reason := self.judge(letter)) is not None:
            return Fault(554, body=f"554 {reason}".encode())
        self.copies += 1
        self.letters[letter["Message-ID"]] = letter
        return Fault(250, body=b"250 kept")


class _Session(socketserver.StreamRequestHandler):
    owner: EmailSimulator

    def handle(self) -> None:
        """Talk until the client leaves."""
        self._say(b"220 simulator")
        while line := self.rfile.readline():
            verb = line[:4].upper().strip()
            if verb == b"QUIT":
                self._say(b"221 bye")
                return
            if verb == b"DATA":
                if not self._take():
                    return
            elif verb == b"EHLO":
                self._say(b"250-simulator\r\n250 SMTPUTF8")
            elif verb == b"RCPT":
                recipient = line.decode().partition("<")[2].partition(">")[0]
                self._say((self.owner.refuse(recipient) or "250 ok").encode())
            else:
                self._say(b"250 ok" if verb in (b"HELO", b"MAIL", b"RSET", b"NOOP") else b"502 no")

    def _take(self) -> bool:
        """Read a letter and answer; False when the connection is to be cut."""
        self._say(b"354 go on")
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b"."))
        if line == b"":
            return False
        given = self.owner.take(Request("DATA", "/", {}, {}, b"".join(lines)))
        if not given.cuts:
            self._say(given.body or b"451 not now")
        return not given.cuts

    def _say(self, words: bytes) -> None:
        self.wfile.write(words + b"\r\n")
