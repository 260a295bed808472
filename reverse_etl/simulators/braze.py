"""Braze as far as syncs use it: profiles and events through /users/track, and /users/delete.

Its traps are those of the real one: a 2xx may carry refusals by place, refusals without one, or a message that is none
of success; a text is cut at 255 characters and an object with a null in it is dropped, both in silence; every event
that arrives is a new one.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from reverse_etl.rates import Rate
from reverse_etl.simulators.base import Fault, Request, Simulator, answer
from reverse_etl.spec import Scalar, Sync

RATES, DELETION_RATES = (Rate(3_000, 3),), (Rate(20_000, 60),)
OBJECTS, DELETIONS, CHARACTERS = 75, 50, 255
ARRAYS = ("attributes", "events", "purchases")
IDENTIFIERS = ("external_id", "braze_id")
_NOTHING = "Valid data must be provided in the 'attributes', 'events', or 'purchases' fields."


class RefusedError(ValueError):
    """Why an object is not taken."""


@dataclass
class BrazeSimulator(Simulator):
    """One workspace.

    Attributes:
        key: The key that is taken.
        users: The profiles by their identifier.
        events: Every event that arrived.
        objects: How many a request may carry; some contracts allow 50.
        is_maintained: Whether it takes requests without working on them at once.
        judge: Why an object is refused; None where it is not.
        names_places: Whether a refusal says which object it is about.
        fatal: The status of the answer when no object is taken; the message alone tells it from success.
    """

    key: str = "key_simulated"
    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    objects: int = OBJECTS
    is_maintained: bool = False
    judge: Callable[[dict[str, Any]], str | None] = lambda _one: None
    names_places: bool = True
    fatal: int = 400

    def connection(self, sync: Sync) -> dict[str, Scalar]:
        """The settings under which it answers."""
        return super().connection(sync) | {"api_key": self.key}

    def work(self, request: Request) -> Fault:
        """Do what is asked and say how to answer."""
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token != self.key:
            return answer(401, {"message": f"Invalid API key: {token}"})
        known: tuple[Callable[[dict[str, Any]], Fault], tuple[Rate, ...]] | None = None
        match (request.method, request.path):
            case ("POST", "/users/track"):
                known = (self._track, RATES)
            case ("POST", "/users/delete"):
                known = (self._delete, DELETION_RATES)
        if known is None:
            return answer(404, {"message": "Not found"})
        work, rates = known
        if not self.allows(request.path, *rates):
            return answer(429, {"message": "Rate limited"}, x_ratelimit_retry_after="1")
        try:
            return work(request.json())
        except (ValueError, KeyError, TypeError, AttributeError):
            return answer(400, {"message": "Bad syntax"})

    def _track(self, body: dict[str, Any]) -> Fault:
        given = {name: body[name] for name in ARRAYS if name in body}
        if not all(isinstance(array, list) for array in given.values()):
            return answer(400, {"message": f"'{next(iter(given))}' must be an array of objects"})
        total = sum(len(array) for array in given.values())
        if total > self.objects:
            return answer(400, {"message": "Max input length exceeded"})
        errors = []
        said: dict[str, Any] = {"message": "success"}
        for name, array in given.items():
            refused = [
                error for place, one in enumerate(array) if (error := self._try(name, place, one))
            ]
            said[f"{name}_processed"] = len(array) - len(refused)
            errors += refused
        if len(errors) == total:
            return answer(self.fatal, {"message": _NOTHING, "errors": errors})
        if self.is_maintained:
            return answer(202, {"message": "queued"})
        return answer(201, said | ({"errors": errors} if errors else {}))

    def _try(self, name: str, place: int, one: dict[str, Any]) -> dict[str, Any] | None:
        try:
            self._take(name, one)
        except RefusedError as why:
            named = {"input_array": name, "index": place} if self.names_places else {}
            return {"type": str(why)} | named
        return None

    def _take(self, name: str, one: dict[str, Any]) -> None:
        identifier = next((known for known in IDENTIFIERS if one.get(known)), None)
        if identifier is None or not isinstance(one[identifier], str):
            raise RefusedError(
                "'external_id', 'braze_id', 'user_alias', 'email' or 'phone' is required"
            )
        why = self.judge(one)
        if why is not None:
            raise RefusedError(why)
        if name == "events" and not (one.get("name") and isinstance(one.get("time"), str)):
            raise RefusedError("'name' and 'time' are required")
        who = one[identifier]
        if who not in self.users and one.get("_update_existing_only"):
            return
        user = self.users.setdefault(who, {identifier: who})
        if name == "events":
            self.events.append(one)
            return
        for attribute, value in one.items():
            if attribute != "_update_existing_only":
                _set(user, attribute, value)

    def _delete(self, body: dict[str, Any]) -> Fault:
        [(plural, ids)] = body.items()
        identifier = plural.removesuffix("s")
        if identifier not in IDENTIFIERS or not 0 < len(ids) <= DELETIONS:
            return answer(400, {"message": "The max number of ids per request was exceeded"})
        gone = [who for who in ids if self.users.pop(who, None) is not None]
        return answer(201, {"deleted": len(gone), "message": "success"})


def _set(user: dict[str, Any], attribute: str, value: Any) -> None:
    """Keep a value as Braze does, without a word about what it does not keep."""
    if value is None:
        user.pop(attribute, None)
    elif isinstance(value, str):
        user[attribute] = value[:CHARACTERS]
    elif not (isinstance(value, dict) and None in value.values()):
        user[attribute] = value
