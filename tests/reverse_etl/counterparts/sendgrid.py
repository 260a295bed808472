"""One list of a simulated SendGrid account."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reverse_etl.simulators.sendgrid import SendGridSimulator
from tests.reverse_etl.conftest import WEBHOOK
from tests.reverse_etl.counterparts.base import MAPPING, Counterpart, Held, each_once

LIST = "11111111-1111-4111-8111-111111111111"


@contextmanager
def sendgrid(_root: Path) -> Iterator[Counterpart]:
    with SendGridSimulator(clock=itertools.count(step=10).__next__) as sendgrid:
        sendgrid.contacts["C0"] = {"external_id": "theirs", "first_name": "Somebody"}
        sendgrid.lists[LIST] = {"C0"}

        def held() -> Held:
            people = [sendgrid.contacts[one] for one in sendgrid.lists[LIST]]
            return each_once((one["external_id"], one.get("first_name")) for one in people)

        def change_theirs(name: str) -> None:
            sendgrid.contacts["C0"]["first_name"] = name

        def reject(name: str | None) -> None:
            sendgrid.judge = lambda contact: (
                "is not wanted" if name is not None and contact.get("first_name") == name else None
            )

        yield Counterpart(
            document=WEBHOOK
            | {
                "sync": "people_to_sendgrid",
                "destination": "sendgrid",
                "connection": {"api_key": "${KEY}", "list_id": LIST, "base_url": sendgrid.url},
                "mapping": MAPPING,
            },
            held=held,
            change_theirs=change_theirs,
            reject=reject,
            keeps=lambda name: name or "",
            environment={"KEY": sendgrid.key},
            simulator=sendgrid,
            descriptions=("SENDGRID-contacts", "SENDGRID-lists"),
        )
