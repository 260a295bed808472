"""aiosmtpd on loopback, with a mailbox, refusals and cuts."""

import asyncio
import datetime
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

Answering = Callable[[str], str | None]


@dataclass
class MailServer:
    """What came, and how the next are answered.

    Attributes:
        port: Where it listens.
        letters: Letters it took: recipient, and the letter as it travelled.
        recipient: Answers for a recipient; None takes it.
        letter: Answers for a letter to a recipient; None takes it, `cut` takes it and hangs up, `lose` only hangs up.
        asked: Recipients that were named, in order.
        safe: Whether each letter came over TLS.
    """

    port: int
    letters: list[tuple[str, bytes]] = field(default_factory=list)
    recipient: Answering = lambda _address: None
    letter: Answering = lambda _address: None
    asked: list[str] = field(default_factory=list)
    safe: list[bool] = field(default_factory=list)

    def parsed(self) -> list[EmailMessage]:
        """The letters, read."""
        return [
            message_from_bytes(raw, _class=EmailMessage, policy=default) for _, raw in self.letters
        ]

    async def handle_RCPT(  # noqa: N802 - as aiosmtpd calls it
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        self.asked.append(address)
        if (refusal := self.recipient(address)) is not None:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        [address] = envelope.rcpt_tos
        answer = self.letter(address)
        if answer in (None, "cut"):
            self.letters.append((address, envelope.content))
            self.safe.append(session.ssl is not None)
        if answer in ("cut", "lose"):
            server.transport.abort()
            await asyncio.sleep(0)
        return answer or "250 kept"


@contextmanager
def mail_server(**settings: Any) -> Iterator[MailServer]:
    """A server; settings are those of aiosmtpd."""
    reason = "aiosmtpd is not installed: pip install -e '.[dev]'"
    controller = pytest.importorskip("aiosmtpd.controller", reason=reason)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = MailServer(port)
    running = controller.Controller(server, "127.0.0.1", port, enable_SMTPUTF8=True, **settings)
    running.start()
    try:
        yield server
    finally:
        running.stop()


def certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate for `localhost`, and a server's context with it."""
    from cryptography import x509  # noqa: PLC0415 - only tests of TLS need it
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "server.crt", folder / "server.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, private)
    return certificate, context
