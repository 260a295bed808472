"""How a Tryton server is called: one session of one user, and its errors sorted into what the engine knows to do."""

import base64
import json
import threading
from typing import Any

import httpx

from reverse_etl.errors import BatchRefused, DeliveryProblem, DestinationClosed, TryLater
from reverse_etl.http import Http, decoded, not_understood


class Server:
    """A database of a server, as one user sees it; safe to use from many threads.

    Args:
        http: Client of the server.
        database: The database.
        username: The user.
        password: Their password.
    """

    def __init__(self, http: Http, database: str, username: str, password: str) -> None:
        self._http, self._path = http, f"/{database}/rpc/"
        self._username, self._password = username, password
        self._authorization, self._guard = "", threading.Lock()
        self.user = 0  # their id, once something was called

    def call(self, method: str, *arguments: Any, **context: Any) -> Any:
        """Call a method of a model or a wizard; a session that has run out is begun anew.

        Raises:
            BatchRefused: The server refused what it was asked; it has done nothing of it.
            DeliveryProblem: It gave no answer that can be understood.
        """
        parameters = [*arguments, context]
        known = self._authorization
        if known:
            try:
                return self._ask(method, parameters, known)
            except DestinationClosed:
                pass
        return self._ask(method, parameters, self._log_in(known))

    def _log_in(self, stale: str) -> str:
        """Begin a session in place of one that has run out, unless another thread did; the header that names it."""
        with self._guard:
            if self._authorization == stale:
                self._authorization = self._new_session()
            return self._authorization

    def _new_session(self) -> str:
        try:
            parameters = [self._username, {"password": self._password}]
            said = self._ask("common.db.login", parameters)
        except BatchRefused as refusal:
            raise DestinationClosed(f"no login: {refusal.reason}") from None
        try:
            self.user, session = int(said[0]), str(said[1])
        except (TypeError, ValueError, LookupError):
            raise TryLater("an answer to the login that cannot be understood") from None
        name = f"{self._username}:{self.user}:{session}"
        return f"Session {base64.b64encode(name.encode()).decode()}"

    def _ask(self, method: str, parameters: list[Any], authorization: str = "") -> Any:
        body = json.dumps({"id": 1, "method": method, "params": parameters}, ensure_ascii=False)
        headers = {"authorization": authorization} if authorization else {}
        response = self._http.request("POST", self._path, body=body.encode(), headers=headers)
        said = decoded(response)
        if not isinstance(said, dict) or ("result" in said) == ("error" in said):
            raise not_understood(response)
        if "error" in said:
            raise _problem(said["error"], response)
        return said["result"]


def _problem(error: Any, response: httpx.Response) -> DeliveryProblem:
    """What an error means. All but two kinds are about what was asked, an internal one included."""
    if not isinstance(error, list) or not error:
        return not_understood(response)
    kind, *rest = error
    if kind == "ConcurrencyException":
        return TryLater("another transaction was in the way")
    if kind == "LoginException":
        return DestinationClosed("the server asks the user for more than a password")
    if kind == "UserError":
        rest = rest[0][:2] if rest and isinstance(rest[0], list) else rest
        return BatchRefused(" ".join(str(one) for one in rest if one))
    if kind == "UserWarning":
        return BatchRefused("the server asks whether to go on: " + " ".join(map(str, rest)))
    return BatchRefused(f"the server failed: {kind}")
