"""Letters from templates: a folder a template, a pair of files a language, `<locale>.txt` and `<locale>.html`.

The text file begins with a line `Subject: …` and an empty line. Templates are Jinja in a sandbox; values are escaped in
HTML, and a name the mapping does not have is a mistake that is told before anything is sent.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, Template, TemplateError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import escape

GIVEN = ("unsubscribe_url", "locale")  # names every template has


class LetterError(Exception):
    """A template is wrong, or cannot be filled in for somebody; no personal data."""


@dataclass(frozen=True)
class Letter:
    """A letter to one person."""

    locale: str
    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class _Pair:
    subject: Template
    text: Template
    html: Template


class Letters:
    """The languages of one template.

    Args:
        folder: The folder of all templates, which may include one another.
        template: The name of one.
        fallback: The language of people whose own is not there.
        names: What may be filled in.

    Raises:
        LetterError: A file is missing or wrong.
    """

    def __init__(self, folder: Path, template: str, fallback: str, names: Collection[str]) -> None:
        self._fallback, self._names = fallback, {*names, *GIVEN}
        loader = FileSystemLoader(folder)
        self._plain, self._html = (
            ImmutableSandboxedEnvironment(
                loader=loader,
                autoescape=is_html,
                undefined=StrictUndefined,
                finalize=lambda value: "" if value is None else value,
            )
            for is_html in (False, True)
        )
        texts = sorted((folder / template).glob("*.txt"))
        self._pairs = {path.stem: self._pair(path) for path in texts}
        if fallback not in self._pairs:
            raise LetterError(f"there is no {template}/{fallback}.txt")

    def write(self, member: Mapping[str, Any], locale: str | None, unsubscribe_url: str) -> Letter:
        """The letter to a member, in their language, else its base language, else the fallback.

        Raises:
            LetterError: It cannot be filled in, or has no link to unsubscribe.
        """
        chain = (locale or "", (locale or "").split("-", maxsplit=1)[0], self._fallback)
        found = next(one for one in chain if one in self._pairs)
        pair = self._pairs[found]
        values = {**member, "unsubscribe_url": unsubscribe_url, "locale": found}
        try:
            subject, text, html = (
                one.render(values) for one in (pair.subject, pair.text, pair.html)
            )
        except Exception as error:  # whatever an expression of a template may raise
            raise LetterError(
                f"the template cannot be filled in ({type(error).__name__})"
            ) from None
        if unsubscribe_url not in text or str(escape(unsubscribe_url)) not in html:
            raise LetterError("the template has no unsubscribe_url")
        return Letter(found, " ".join(subject.split()), text, html)

    def _pair(self, path: Path) -> _Pair:
        head, mark, text = path.read_text(encoding="utf-8").partition("\n\n")
        if not mark or not head.startswith("Subject: ") or "\n" in head:
            raise LetterError(
                f"{path.name} does not begin with a line 'Subject: …' and an empty one"
            )
        html = path.with_suffix(".html")
        if not html.is_file():
            raise LetterError(f"{path.name} has no {html.name} beside it")
        return _Pair(
            self._template(self._plain, path, head.removeprefix("Subject: ")),
            self._template(self._plain, path, text),
            self._template(self._html, html, html.read_text(encoding="utf-8")),
        )

    def _template(
        self, environment: ImmutableSandboxedEnvironment, path: Path, source: str
    ) -> Template:
        try:
            used = meta.find_undeclared_variables(environment.parse(source))
            template = environment.from_string(source)
        except TemplateError as error:
            raise LetterError(f"{path.name}: {error}") from None
        if unknown := sorted(used - self._names):
            raise LetterError(f"{path.name}: '{unknown[0]}' is not mapped")
        return template


def token(key: str, audience: str, secret: str) -> str:
    """Who unsubscribes from what, signed: it is of no use to anybody who does not know the secret.

    Args:
        key: What the sync knows the person by.
        audience: The audience the letter was for.
        secret: Shared with the page that takes unsubscriptions.
    """
    said = _encoded(json.dumps([key, audience], ensure_ascii=False).encode())
    return f"{said}.{_encoded(_signature(said, secret))}"


def read_token(text: str, secret: str) -> tuple[str, str] | None:
    """The key and audience of a token, or None when it is not one of ours."""
    said, _, signature = text.partition(".")
    if not hmac.compare_digest(signature.encode(), _encoded(_signature(said, secret)).encode()):
        return None
    key, audience = json.loads(base64.urlsafe_b64decode(said + "=" * (-len(said) % 4)))
    return key, audience


def _signature(said: str, secret: str) -> bytes:
    return hmac.digest(secret.encode(), said.encode(), hashlib.sha256)


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
