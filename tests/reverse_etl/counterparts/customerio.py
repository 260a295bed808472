"""One manual segment of a simulated Customer.io workspace."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reverse_etl.simulators.customerio import CustomerioSimulator
from tests.reverse_etl.conftest import WEBHOOK
from tests.reverse_etl.counterparts.base import Counterpart, Held, each_once

PEOPLE_TO_CUSTOMERIO = WEBHOOK | {
    "sync": "people_to_customerio",
    "destination": "customerio",
    "connection": {"site_id": "${SITE}", "api_key": "${KEY}", "segment_id": 7},
    "mapping": {"id": {"column": "customer_id"}, "first_name": {"column": "first_name"}},
}


@contextmanager
def customerio(_root: Path) -> Iterator[Counterpart]:
    with CustomerioSimulator() as workspace:
        workspace.segments[7] = {workspace.add(id="theirs", first_name="Somebody")}

        def held() -> Held:
            people = [workspace.people[one] for one in workspace.segments[7]]
            return each_once((one["id"], one.get("first_name")) for one in people)

        def change_theirs(name: str) -> None:
            next(one for one in workspace.people.values() if one["id"] == "theirs")[
                "first_name"
            ] = name

        def reject(name: str | None) -> None:
            workspace.judge = lambda attributes: (
                "is not wanted"
                if name is not None and attributes.get("first_name") == name
                else None
            )

        connection = PEOPLE_TO_CUSTOMERIO["connection"] | {"base_url": workspace.url}
        yield Counterpart(
            document=PEOPLE_TO_CUSTOMERIO | {"connection": connection},
            held=held,
            change_theirs=change_theirs,
            reject=reject,
            environment={"SITE": workspace.site_id, "KEY": workspace.key},
            simulator=workspace,
            descriptions=("CUSTOMERIO-track",),
        )
