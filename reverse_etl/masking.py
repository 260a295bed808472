"""What a destination said, made fit to be kept and shown: no secret, no e-mail address, nothing of the people sent.

A refusal may quote the request, so values are looked for in the forms a request gives them too.
"""

import html
import json
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, quote_plus

_EMAIL = re.compile(r"[^\s@\"'<>]{1,254}@[^\s@\"'<>]+")
_CREDENTIALS = re.compile(r"\b(Basic|Bearer)(\s+)[\w+/=.~-]{8,}", re.IGNORECASE)
_PLAIN = re.compile(r"[A-Za-z0-9_.~-]+")  # is written alike everywhere
_ESCAPE = re.compile(r"(%[0-9a-f]{2}|\\+[a-z]|\\+u[0-9a-f]{4})\Z", re.IGNORECASE)
_READ, _KEPT = 10_000, 200  # characters of a reason
_START = 3  # shorter values tell nothing; longer ones are found by so many characters
_WORD = 6  # a shorter value is a name of people only where it stands as a word


class Mask:
    """Takes secrets and the values of people out of reasons.

    Args:
        secrets: Secret values.
        members: The people a reason may speak of.
    """

    def __init__(
        self, secrets: Iterable[str] = (), members: Iterable[Mapping[str, object]] = ()
    ) -> None:
        self._names: dict[str, str] = {}
        for secret in secrets:
            self._add("secret", secret)
        for member in members:
            for name, value in member.items():
                if isinstance(value, str):
                    self._add(name, value)
        lengths: dict[str, set[int]] = {}
        for form in self._names:
            lengths.setdefault(form[:_START], set()).add(len(form))
        self._lengths = {start: sorted(found, reverse=True) for start, found in lengths.items()}

    def __call__(self, reason: str) -> str:
        """The reason without them, shortened; names of fields stand for their values."""
        text = reason[:_READ]
        low = _lower(text)
        kept, place = [], 0
        while place < len(text):
            form = self._form_at(text, low, place)
            kept.append(f"({self._names[form]})" if form else text[place])
            place += len(form or " ")
        masked = _CREDENTIALS.sub(r"\1\2(secret)", "".join(kept))
        return _EMAIL.sub("(e-mail)", masked)[:_KEPT]

    def _add(self, name: str, value: str) -> None:
        for form in _forms(value) if len(value) >= _START else ():
            self._names.setdefault(_lower(form) if len(form) >= _WORD else form, name)

    def _form_at(self, text: str, low: str, place: int) -> str | None:
        """The longest value that stands at a place."""
        for spelling in (low, text):
            for length in self._lengths.get(spelling[place : place + _START], ()):
                form = spelling[place : place + length]
                if form in self._names and (
                    length >= _WORD
                    or self._names[form] == "secret"
                    or _is_word(text, place, place + length)
                ):
                    return form
        return None


def _forms(value: str) -> set[str]:
    """A value as requests and programs write it, twice over where one quotes the other."""
    if _PLAIN.fullmatch(value):
        return {value}
    forms = {value, " ".join(value.split())}
    for _ in range(2):
        forms |= {form for one in forms for form in _in_quotes(one)}
    quoted = {form for one in forms for form in (quote(one), quote(one, safe=""), quote_plus(one))}
    return forms | quoted | {html.escape(value)}


def _in_quotes(text: str) -> tuple[str, ...]:
    """As JSON and Python write it; Python's quotes are those of the whole text it stands in."""
    in_python = repr(f"{text}\"'")[1:-4]
    return json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1], in_python


def _is_word(text: str, start: int, end: int) -> bool:
    before = text[max(0, start - 8) : start]
    is_start = not before or not before[-1].isalnum() or _ESCAPE.search(before) is not None
    return is_start and not text[end : end + 1].isalnum()


def _lower(text: str) -> str:
    """Lower case, letter by letter: no text grows."""
    low = text.lower()
    if len(low) == len(text):
        return low
    return "".join(each if len(each) == 1 else one for one in text for each in (one.lower(),))
