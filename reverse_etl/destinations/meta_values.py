"""What people are matched by at Meta: each value in the one form Meta compares, then its SHA-256.

A value that has no such form becomes empty, which matches nobody; nothing is ever made of an empty one. A value that is
a SHA-256 already goes as it is.
"""

import hashlib
import re
import unicodedata
from collections.abc import Callable

_EDGES = " \t\r\n\0\x0b."
_SHA256 = re.compile(r"[0-9a-f]{64}")
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


def matched(field: str, value: object) -> str:
    """What is sent for a value of one of FIELDS."""
    text = "" if value is None else unicodedata.normalize("NFC", str(value))
    normalise, is_hashed = FIELDS[field]
    if not is_hashed:
        return normalise(text)
    text = text.strip(_EDGES).lower()
    if _SHA256.fullmatch(text):
        return text
    form = normalise(text)
    return hashlib.sha256(form.encode()).hexdigest() if form else ""


def _email(text: str) -> str:
    return text if re.fullmatch(r"[^\s@]+@[^\s@]+\.[^\s@]+", text) else ""


def _phone(text: str) -> str:
    """Digits with the country's code, without what stands before it."""
    digits = re.sub(r"[^0-9]", "", text).lstrip("0")
    return digits if 7 <= len(digits) <= 15 else ""


def _gender(text: str) -> str:
    return text[0] if text in ("m", "f", "male", "female") else ""


def _year(text: str) -> str:
    year = _part(text, 1)
    return year if re.fullmatch(r"(19|20)\d\d", year) else ""


def _month(text: str) -> str:
    return _two_digits(_part(text, 2), 12)


def _day(text: str) -> str:
    return _two_digits(_part(text, 3), 31)


def _part(text: str, number: int) -> str:
    """A part of a whole date, or the text itself."""
    found = _DAY.match(text)
    return text if found is None else found[number]


def _two_digits(text: str, most: int) -> str:
    return text.zfill(2) if re.fullmatch(r"[0-9]{1,2}", text) and 1 <= int(text) <= most else ""


def _name(text: str) -> str:
    """Without punctuation; letters of any script stay."""
    return "".join(one for one in text if unicodedata.category(one)[0] not in "PSC").strip()


def _initial(text: str) -> str:
    return _name(text)[:1]


def _place(text: str) -> str:
    """Letters and their marks alone."""
    return "".join(one for one in text if unicodedata.category(one)[0] in "LM")


def _zip(text: str) -> str:
    return re.sub(r"\s", "", text).split("-")[0]


def _country(text: str) -> str:
    return text if re.fullmatch(r"[a-z]{2}", text) else ""


FIELDS: dict[str, tuple[Callable[[str], str], bool]] = {
    "EXTERN_ID": (str.strip, False),
    "MADID": (lambda text: text.strip().lower(), False),
    "EMAIL": (_email, True),
    "PHONE": (_phone, True),
    "GEN": (_gender, True),
    "DOBY": (_year, True),
    "DOBM": (_month, True),
    "DOBD": (_day, True),
    "FN": (_name, True),
    "LN": (_name, True),
    "FI": (_initial, True),
    "CT": (_place, True),
    "ST": (_place, True),
    "ZIP": (_zip, True),
    "COUNTRY": (_country, True),
}
