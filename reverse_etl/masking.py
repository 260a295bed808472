"""What a destination said, made fit to be kept and shown."""

import re
from collections.abc import Mapping, Sequence

_EMAIL = re.compile(r"[^\s@\"'<>]+@[^\s@\"'<>]+")


def masked(reason: str, secrets: Sequence[str], member: Mapping[str, object] | None = None) -> str:
    """A reason without secrets, e-mail addresses and the person's own values."""
    for secret in secrets:
        reason = reason.replace(secret, "(secret)")
    for name, value in (member or {}).items():
        if isinstance(value, str) and len(value) > 2:
            reason = reason.replace(value, f"({name})")
    return _EMAIL.sub("(e-mail)", reason)
