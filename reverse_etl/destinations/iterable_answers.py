"""How Iterable answers: counts with lists of identifiers in a 200, named codes in a 4xx."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from reverse_etl.errors import BatchRefused, DestinationClosed, TryLater
from reverse_etl.http import decoded, not_understood

_WORDS = {
    "conflict": "belongs to another user",
    "forgotten": "was forgotten at Iterable",
    "invalidData": "a field has a value of another type, or one that is not taken",
    "invalid": "the identifier is malformed",
    "notFound": "there is no such user",
}
_NOT_THERE = {"ForgottenUserError", "UnknownEmailError", "UnknownUserIdError"}
_FOR_ALL = {"UniqueFieldsLimitExceeded", "ForbiddenParamsError"}


class NobodyThere(Exception):  # noqa: N818 - an answer, not an error
    """The user was forgotten before, or never was."""


def rejections(
    response: httpx.Response, members: Sequence[Mapping[str, Any]], fine: Sequence[str] = ()
) -> dict[int, str]:
    """The rows a 200 names as failed, and why.

    Args:
        response: The answer.
        members: The rows that were sent, in order.
        fine: Kinds of failures that are none here.

    Raises:
        BatchRefused: The counts do not add up, or it cannot be told who failed; parts of the batch will tell.
        DestinationClosed: What was sent was dropped for all of them.
    """
    try:
        said = decoded(response)
        failed, done = int(said["failCount"]), int(said["successCount"])
        dropped = said.get("filteredOutFields") or said.get("disallowedEventNames")
        lists = dict(said.get("failedUpdates") or {})
        named = {
            str(one).lower(): kind.removesuffix("Emails").removesuffix("UserIds")
            for kind, ones in lists.items()
            for one in ones
        }
    except (KeyError, TypeError, ValueError, AttributeError):
        raise not_understood(response) from None
    if dropped:
        raise DestinationClosed(f"the project drops {', '.join(map(str, dropped))}")
    if failed + done != len(members):
        raise BatchRefused(f"{failed + done} of {len(members)} users were counted")
    found = {index: kind for index, member in enumerate(members) if (kind := _kind(member, named))}
    if len(found) != failed and len(members) > 1:
        raise BatchRefused(f"{failed} of {len(members)} users failed")
    if failed and not found:
        return {0: "failed, no reason given"}
    return {index: _WORDS.get(kind, kind) for index, kind in found.items() if kind not in fine}


def _kind(member: Mapping[str, Any], named: Mapping[str, str]) -> str | None:
    """Why a member is named, by either identifier."""
    values = (str(member[name]).lower() for name in ("email", "userId") if member.get(name))
    return next((named[value] for value in values if value in named), None)


def refusal(response: httpx.Response) -> Exception | None:
    """What a 4xx means by its code; None where its status says it all."""
    status, path = response.status_code, response.request.url.path
    try:
        said = json.loads(response.content)
        code, words = str(said["code"]), str(said.get("msg") or "")
        params = said.get("params") or {}
        if status == 429:
            return TryLater(f"HTTP 429 {code}", float(params["rateLimitReset"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    if path.endswith("/forget") and code in _NOT_THERE:
        return NobodyThere()
    if status == 400 and (code in _FOR_ALL or path.startswith("/api/lists/")):
        # Users that are not taken onto a list are named in a 200: this is about the list.
        return DestinationClosed(f"{code}: {words}")
    return BatchRefused(f"{code}: {words}") if status in (400, 409) else None
