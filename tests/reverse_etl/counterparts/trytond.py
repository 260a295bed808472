"""The parties of a simulated Tryton server that are not archived; one of a clerk's is not."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reverse_etl.simulators.trytond import PARTY, TrytondSimulator
from tests.reverse_etl.conftest import WEBHOOK
from tests.reverse_etl.counterparts.base import Counterpart, Held, each_once


@contextmanager
def trytond(_root: Path) -> Iterator[Counterpart]:
    with TrytondSimulator() as trytond:
        theirs = trytond.put(PARTY, code="theirs", name="Somebody")

        def held() -> Held:
            parties = trytond.records[PARTY].values()
            return each_once((one["code"], one["name"]) for one in parties if one["active"])

        def change_theirs(name: str) -> None:
            trytond.records[PARTY][theirs]["name"] = name

        def reject(name: str | None) -> None:
            trytond.judge = lambda values: (
                "is not wanted" if name is not None and values["name"] == name else None
            )

        yield Counterpart(
            document=WEBHOOK
            | {
                "sync": "people_to_trytond",
                "destination": "trytond",
                "connection": {
                    "base_url": trytond.url,
                    "database": "crm",
                    "username": trytond.username,
                    "password": "${PASSWORD}",
                },
                "mapping": {
                    "code": {"column": "customer_id"},
                    "name": {"column": "first_name"},
                },
            },
            held=held,
            change_theirs=change_theirs,
            reject=reject,
            keeps=lambda name: name and name.replace("\n", " "),
            environment={"PASSWORD": trytond.password},
            simulator=trytond,
        )
