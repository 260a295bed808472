"""One list of a simulated Klaviyo account."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reverse_etl.simulators.klaviyo import KlaviyoSimulator
from tests.reverse_etl.conftest import WEBHOOK
from tests.reverse_etl.counterparts.base import MAPPING, Counterpart, Held, each_once


@contextmanager
def klaviyo(_root: Path) -> Iterator[Counterpart]:
    with KlaviyoSimulator() as klaviyo:
        klaviyo.profiles["P0"] = {"external_id": "theirs", "first_name": "Somebody"}
        klaviyo.lists["L1"] = {"P0"}

        def held() -> Held:
            people = [klaviyo.profiles[one] for one in klaviyo.lists["L1"]]
            return each_once((one["external_id"], one.get("first_name")) for one in people)

        def change_theirs(name: str) -> None:
            klaviyo.profiles["P0"]["first_name"] = name

        def reject(name: str | None) -> None:
            klaviyo.judge = lambda attributes: (
                "is not wanted"
                if name is not None and attributes.get("first_name") == name
                else None
            )

        yield Counterpart(
            document=WEBHOOK
            | {
                "sync": "people_to_klaviyo",
                "destination": "klaviyo",
                "connection": {"api_key": "${KEY}", "list_id": "L1", "base_url": klaviyo.url},
                "mapping": MAPPING,
            },
            held=held,
            change_theirs=change_theirs,
            reject=reject,
            environment={"KEY": klaviyo.key},
            simulator=klaviyo,
            descriptions=("KLAVIYO",),
        )
