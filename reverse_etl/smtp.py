"""An SMTP server: sessions that stay open, one a thread, and its answers sorted into what the engine knows to do.

Until the last line of a letter is sent nothing was done, whatever goes wrong; after it, only a clear answer tells.
"""

import quopri
import re
import smtplib
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from email.errors import HeaderParseError
from email.header import decode_header, make_header

from reverse_etl.destinations.base import Answer
from reverse_etl.errors import DestinationClosed, TryLater

_TIMEOUT = 60  # seconds
_LAST_TIMEOUT = (
    600  # for the answer to a letter, as RFC 5321 asks, since giving up early makes doubles
)
_ENCODED = re.compile(r"=\?[^?\s]+\?[bq]\?[^?\s]*\?=", re.IGNORECASE)  # a word of a header
_CREDENTIALS = (530, 534, 535, 538)


class InDoubt(Exception):  # noqa: N818 - a signal, not an error
    """The letter was handed over, and no clear answer came."""


@dataclass(frozen=True)
class Server:
    """Where a server is and how it is spoken to.

    Attributes:
        host: Its name.
        port: Its port.
        is_tls: Whether it speaks TLS from the first byte.
        has_starttls: Whether it has to be asked for TLS.
        trust: The certificates that are believed, where there is TLS.
        name: What we call ourselves.
        login: User and password.
    """

    host: str
    port: int
    is_tls: bool
    has_starttls: bool
    trust: ssl.SSLContext | None
    name: str
    login: tuple[str, str] | None = field(default=None, repr=False)


class Mailer:
    """Posts letters, from as many threads as like to."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._own = threading.local()
        self._sessions: list[smtplib.SMTP] = []

    def post(self, sender: str, recipient: str, letter: bytes, needs_utf8: bool = False) -> Answer:
        """Hand over one letter with lines that end in CR LF.

        Raises:
            TryLater: The server takes no letter now; nothing was done.
            DestinationClosed: It will take none from us.
            InDoubt: It may have been taken.
        """
        try:
            session = self._begin(sender, needs_utf8)
            if session is None:
                return Answer(1, {0: "the server takes no address with letters beyond ASCII"})
            code, words = session.rcpt(recipient)
            if code // 100 == 2:
                code, words = session.docmd("DATA")
            if code == 354:
                session.send(re.sub(rb"(?m)^\.", b"..", letter))
        except OSError as error:
            self._drop()
            raise TryLater(_failure(error), is_unsent=True) from None
        if code == 354:
            code, words = self._end(session)
        return self._answer(session, code, words)

    def close(self) -> None:
        """Take leave."""
        for session in self._sessions:
            try:
                session.quit()
            except OSError:
                session.close()

    def _begin(self, sender: str, needs_utf8: bool) -> smtplib.SMTP | None:
        """A session that was told the sender; one that was open may have ended meanwhile."""
        session = getattr(self._own, "session", None)
        is_new = session is None
        session = session or self._connect()
        if needs_utf8 and not session.has_extn("smtputf8"):
            return None
        try:
            code, words = session.mail(sender, ["SMTPUTF8"] if needs_utf8 else [])
        except OSError:
            code, words = 421, b"no answer"
        if code // 100 == 2:
            return session
        self._drop()
        if not is_new:
            return self._begin(sender, needs_utf8)
        raise self._problem(code, words)

    def _end(self, session: smtplib.SMTP) -> tuple[int, bytes]:
        """Send the last line, and hear what became of the letter."""
        try:
            if session.sock is not None:
                session.sock.settimeout(_LAST_TIMEOUT)
            session.send(b".\r\n")
            code, words = session.getreply()
            if session.sock is not None:
                session.sock.settimeout(_TIMEOUT)
        except OSError as error:
            self._drop()
            raise InDoubt(_failure(error)) from None
        if code // 100 not in (2, 4, 5):
            self._drop()
            raise InDoubt("the server's answer cannot be understood")
        return code, words

    def _answer(self, session: smtplib.SMTP, code: int, words: bytes) -> Answer:
        if code // 100 == 2:
            return Answer(1)
        if code == 421 or code in _CREDENTIALS or code // 100 not in (4, 5):
            self._drop()
            raise self._problem(code, words)
        try:
            session.rset()
        except OSError:
            self._drop()
        reason = {0: _said(code, words)}
        return Answer(1, later=reason) if code // 100 == 4 else Answer(1, reason)

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        place = (server.host, server.port, server.name)
        try:
            session = (
                smtplib.SMTP_SSL(*place, timeout=_TIMEOUT, context=server.trust)
                if server.is_tls
                else smtplib.SMTP(*place, timeout=_TIMEOUT)
            )
            self._own.session = session
            self._sessions.append(session)
            session.ehlo_or_helo_if_needed()
            if server.has_starttls:
                session.starttls(context=server.trust)
                session.ehlo()
            if server.login is not None:
                session.login(*server.login)
        except smtplib.SMTPResponseException as error:
            self._drop()
            raise self._problem(error.smtp_code, error.smtp_error) from None
        except (smtplib.SMTPNotSupportedError, ssl.SSLCertVerificationError) as error:
            self._drop()
            raise DestinationClosed(_failure(error), is_unsent=True) from None
        return session

    def _drop(self) -> None:
        session = getattr(self._own, "session", None)
        if session is not None:
            session.close()
            self._sessions.remove(session)
            self._own.session = None

    @staticmethod
    def _problem(code: int, words: bytes | str) -> TryLater | DestinationClosed:
        """What the server said of us rather than of a letter."""
        if code // 100 == 5:
            return DestinationClosed(_said(code, words), is_unsent=True)
        return TryLater(_said(code, words), is_unsent=True)


def _said(code: int, words: bytes | str) -> str:
    """What a server says; it may say the letter back, so its encodings are undone before it is masked."""
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    text = _ENCODED.sub(_decoded, text)
    text = quopri.decodestring(text.encode("utf-8", "replace")).decode("utf-8", "replace")
    return f"{code} {' '.join(text.split())}"


def _decoded(word: re.Match[str]) -> str:
    with suppress(ValueError, LookupError, HeaderParseError):
        return str(make_header(decode_header(word.group())))
    return ""


def _failure(error: OSError) -> str:
    if isinstance(error, smtplib.SMTPNotSupportedError | ssl.SSLCertVerificationError):
        return f"no safe connection ({error})"
    return f"no answer ({type(error).__name__})"
