"""E-mail over SMTP: one letter for each time a member enters, written from templates in the member's language.

A letter is posted once: when a connection is lost after it was handed over, nobody knows whether it went out, and it is
not posted again (`ambiguous: resend` posts it again under the same Message-ID, which most mailboxes show once).

What it cannot do: take a letter back, tell of bounces after the server took it, sign it (DKIM is the server's work, and
must cover both List-Unsubscribe headers), and change or remove anybody: who leaves the audience is not written to.
"""

import re
import ssl
from collections.abc import Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Any, ClassVar, Self
from urllib.parse import SplitResult, urlsplit

from reverse_etl.context import SyncContext
from reverse_etl.destinations.base import Answer, Batch, Destination, Limits, Recovery
from reverse_etl.errors import DestinationClosed, TryLater
from reverse_etl.letters import Letter, LetterError, Letters, token
from reverse_etl.smtp import InDoubt, Mailer, Server
from reverse_etl.spec import Scalar, Sync

_PORTS = {"smtp": 587, "smtps": 465}
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\"\\\x00-\x1f\x7f-\x9f]{1,64}@[\w.-]{1,253}\.\w[\w-]+")
_SECRET = 32  # characters at least
_IN_DOUBT = "it may have been delivered: no clear answer came"


class EmailDestination(Destination):
    """Letters through an SMTP server."""

    name = "email"
    modes = ("events",)
    settings: ClassVar[Mapping[str, bool]] = {
        "base_url": True,
        "from": True,
        "templates": True,
        "template": True,
        "unsubscribe_url": True,
        "unsubscribe_secret": True,
        "locale": False,
        "username": False,
        "password": False,
        "ca_file": False,
        "ambiguous": False,
    }
    limits = Limits(rows=1, concurrency=4)

    def __init__(
        self, sync: Sync, connection: Mapping[str, Scalar], context: SyncContext, letters: Letters
    ) -> None:
        self._sync, self._context, self._letters = sync, context, letters
        self._url = str(connection["base_url"])
        self._link, self._secret = (
            str(connection[key]) for key in ("unsubscribe_url", "unsubscribe_secret")
        )
        self._sender = _address(*parseaddr(str(connection["from"])))
        self._mailer = Mailer(_server(sync, connection, context, self._sender.domain))
        self._may_repeat = connection.get("ambiguous") == "resend"

    @classmethod
    def open(cls, sync: Sync, connection: Mapping[str, Scalar], context: SyncContext) -> Self:
        """Read the templates and check addresses and secrets."""
        _check(sync, connection)
        folder = context.root / str(connection["templates"])
        names = [field.name for field in sync.mapping]
        fallback = str(connection.get("locale", "en"))
        try:
            letters = Letters(folder, str(connection["template"]), fallback, names)
        except LetterError as error:
            raise sync.wrong("connection.template", str(error), "mend the template") from None
        return cls(sync, connection, context, letters)

    @classmethod
    def check(cls, sync: Sync) -> None:
        """A letter needs an address, and a way to deal with doubt."""
        if "email" not in [field.name for field in sync.mapping]:
            raise sync.wrong(
                "mapping.email", "is missing", "write 'email: { column: email, normalise: email }'"
            )
        if sync.connection.get("ambiguous", "hold") not in ("hold", "resend"):
            raise sync.wrong(
                "connection.ambiguous",
                f"is {sync.connection['ambiguous']!r}",
                "choose one of hold, resend",
            )

    def account(self) -> str:
        """One server."""
        return f"email|{self._url}"

    def send(self, batch: Batch) -> Answer:
        """Post one letter; who was forgotten has nothing here that could be taken away."""
        if batch.operation != "upsert":
            return Answer(batch.rows)
        [member], [letter_id] = batch.members(), batch.ids
        try:
            recipient = _address(member.get("name"), member["email"])
        except ValueError:
            return Answer(1, {0: "the address cannot be used"})
        key = str(member[self._sync.key_field])
        link = self._link.replace("{token}", token(key, batch.audience, self._secret))
        try:
            letter = self._letters.write(member, member.get("locale"), link)
        except LetterError as error:
            if "unsubscribe_url" in str(error):
                raise DestinationClosed(str(error), is_unsent=True) from None
            return Answer(1, {0: str(error)})
        needs_utf8 = not recipient.username.isascii()
        posted = self._message(letter, recipient, letter_id, link, needs_utf8)
        try:
            return self._mailer.post(
                self._sender.addr_spec, recipient.addr_spec, posted, needs_utf8
            )
        except InDoubt as doubt:
            if self._may_repeat:
                raise TryLater(str(doubt)) from None
            return Answer(1, held={0: f"{_IN_DOUBT} ({doubt})"})

    def recover(self, batch: Batch) -> Recovery:
        """Nobody knows whether the letter went out."""
        if batch.operation != "upsert" or self._may_repeat:
            return "resend"
        return "held"

    def close(self) -> None:
        """Take leave of the server."""
        self._mailer.close()

    def _message(
        self, letter: Letter, recipient: Address, letter_id: str, link: str, needs_utf8: bool
    ) -> bytes:
        """The letter as it travels. Lines that must not be folded are written by hand, before all others."""
        message = EmailMessage(SMTP.clone(utf8=needs_utf8))
        message["From"], message["To"] = self._sender, recipient
        message["Subject"] = _one_line(letter.subject)
        message["Date"] = format_datetime(self._context.clock())
        message.set_content(letter.text, cte="quoted-printable")
        message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
        message["Content-Language"] = letter.locale
        fixed = (
            f"Message-ID: <{letter_id}@{self._sender.domain}>\r\n"
            f"List-Unsubscribe: <{link}>\r\n"
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
        )
        return fixed.encode() + message.as_bytes()


def _check(sync: Sync, connection: Mapping[str, Scalar]) -> None:
    try:
        _address(*parseaddr(str(connection["from"])))
    except ValueError:
        raise sync.wrong("connection.from", "is no address", "write Shop <news@…>") from None
    link = str(connection["unsubscribe_url"])
    if not link.isascii() or not link.startswith("https://") or link.count("{token}") != 1:
        raise sync.wrong(
            "connection.unsubscribe_url",
            "is no https address with one {token}",
            "write https://…?token={token}; mailboxes post to it when somebody unsubscribes",
        )
    if re.search(r"[\s<>]", link):
        raise sync.wrong("connection.unsubscribe_url", "has spaces or brackets", "encode them")
    if len(str(connection["unsubscribe_secret"])) < _SECRET:
        raise sync.wrong(
            "connection.unsubscribe_secret",
            f"has fewer than {_SECRET} characters",
            "make one: python -c 'import secrets; print(secrets.token_urlsafe(32))'",
        )
    if ("username" in connection) != ("password" in connection):
        raise sync.wrong("connection.username", "goes with password", "write both or neither")


def _server(
    sync: Sync, connection: Mapping[str, Scalar], context: SyncContext, name: str
) -> Server:
    url = _parts(sync, str(connection["base_url"]))
    ca_file = context.root / str(connection["ca_file"]) if "ca_file" in connection else None
    is_tls = url.scheme == "smtps"
    # A server on this machine needs no TLS, unless its certificate is named.
    has_starttls = not is_tls and (url.hostname not in _LOOPBACK or ca_file is not None)
    is_safe = is_tls or has_starttls  # reading the certificates takes longer than a small delivery
    login = None
    if "username" in connection:
        login = (str(connection["username"]), str(connection["password"]))
    return Server(
        host=str(url.hostname),
        port=url.port or _PORTS[url.scheme],
        is_tls=is_tls,
        has_starttls=has_starttls,
        trust=ssl.create_default_context(cafile=ca_file) if is_safe else None,
        name=name,
        login=login,
    )


def _parts(sync: Sync, url: str) -> SplitResult:
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname or parts.username is not None:
        raise sync.wrong(
            "connection.base_url",
            "is no SMTP server",
            "write smtp://host:587 (STARTTLS) or smtps://host:465; user and password are settings",
        )
    return parts


def _address(name: Any, address: Any) -> Address:
    """An address for a header and for the server, its domain in ASCII.

    Raises:
        ValueError: It is none.
    """
    if not isinstance(address, str) or not _ADDRESS.fullmatch(address):
        raise ValueError("no address")
    user, domain = address.split("@")
    return Address(_one_line(str(name or "")), user, domain.encode("idna").decode())


def _one_line(text: str) -> str:
    """Without what could begin another header."""
    shown = "".join(sign if sign.isprintable() else " " for sign in text)
    return " ".join(shown.split())
