"""One attribute of the profiles of a simulated Braze workspace."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jsonschema

from reverse_etl.simulators.base import Request
from reverse_etl.simulators.braze import BrazeSimulator
from tests.reverse_etl.conftest import WEBHOOK
from tests.reverse_etl.counterparts.base import MAPPING, Counterpart, Held, each_once
from tests.reverse_etl.descriptions import CONTRACTS

SCHEMA = CONTRACTS / "BRAZE-track.schema.json"
PEOPLE_TO_BRAZE = WEBHOOK | {
    "sync": "people_to_braze",
    "destination": "braze",
    "connection": {"api_key": "${KEY}", "attribute": "in_people"},
    "mapping": MAPPING,
}


def check_body(body: dict[str, Any]) -> None:
    """Hold the body of a /users/track against its schema, where that lies beside the project.

    A null takes a value back; the schema knows nothing of that.
    """
    given = {
        name: [{key: value for key, value in one.items() if value is not None} for one in array]
        for name, array in body.items()
    }
    jsonschema.validate(given, json.loads(SCHEMA.read_text()))


def check_bodies(requests: Iterable[Request]) -> None:
    for request in requests if SCHEMA.is_file() else ():
        if request.path == "/users/track":
            check_body(request.json())


@contextmanager
def braze(_root: Path) -> Iterator[Counterpart]:
    with BrazeSimulator() as workspace:
        theirs = {"external_id": "theirs", "first_name": "Somebody", "in_people": True}
        workspace.users["theirs"] = theirs

        def held() -> Held:
            members = [one for one in workspace.users.values() if one.get("in_people")]
            return each_once((one["external_id"], one.get("first_name")) for one in members)

        def change_theirs(name: str) -> None:
            workspace.users["theirs"]["first_name"] = name

        def reject(name: str | None) -> None:
            workspace.judge = lambda one: (
                "is not wanted" if name is not None and one.get("first_name") == name else None
            )

        connection = PEOPLE_TO_BRAZE["connection"] | {"base_url": workspace.url}
        yield Counterpart(
            document=PEOPLE_TO_BRAZE | {"connection": connection},
            held=held,
            change_theirs=change_theirs,
            reject=reject,
            environment={"KEY": workspace.key},
            simulator=workspace,
        )
        check_bodies(workspace.requests)
