"""One static list of a simulated HubSpot account."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reverse_etl.simulators.hubspot import HubspotSimulator
from tests.reverse_etl.conftest import WEBHOOK
from tests.reverse_etl.counterparts.base import MAPPING, Counterpart, Held, each_once


@contextmanager
def hubspot(_root: Path) -> Iterator[Counterpart]:
    with HubspotSimulator() as hubspot:
        hubspot.unique.add("external_id")
        hubspot.properties |= {"external_id", "first_name"}
        hubspot.put("501", {"external_id": "theirs", "first_name": "Somebody"})
        hubspot.lists["7"] = {"501"}

        def held() -> Held:
            people = [hubspot.contacts[one] for one in hubspot.lists["7"]]
            return each_once((one["external_id"], one.get("first_name")) for one in people)

        def reject(name: str | None) -> None:
            hubspot.judge = lambda properties: (
                "is not wanted"
                if name is not None and properties.get("first_name") == name
                else None
            )

        yield Counterpart(
            document=WEBHOOK
            | {
                "sync": "people_to_hubspot",
                "destination": "hubspot",
                "connection": {"access_token": "${TOKEN}", "list_id": "7", "base_url": hubspot.url},
                "mapping": MAPPING,
            },
            held=held,
            change_theirs=lambda name: hubspot.put("501", {"first_name": name}),
            reject=reject,
            keeps=lambda name: name or None,
            environment={"TOKEN": hubspot.token},
            simulator=hubspot,
            descriptions=("HUBSPOT-contacts", "HUBSPOT-lists"),
        )
