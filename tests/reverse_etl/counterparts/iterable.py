"""One static list of a simulated Iterable project."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reverse_etl.simulators.iterable import IterableSimulator
from tests.reverse_etl.conftest import WEBHOOK
from tests.reverse_etl.counterparts.base import Counterpart, Held, each_once

LIST = 7
# Iterable publishes no description to be copied; tests/reverse_etl/iterable.json says what its documentation does.
DESCRIPTION = Path(__file__).resolve().parent.parent / "iterable.json"


@contextmanager
def iterable(_root: Path) -> Iterator[Counterpart]:
    with IterableSimulator(clock=itertools.count(step=10).__next__) as iterable:
        iterable.users[0] = {"userId": "theirs", "dataFields": {"firstName": "Somebody"}}
        iterable.lists[LIST] = {0}

        def held() -> Held:
            people = [iterable.users[one] for one in iterable.lists[LIST]]
            return each_once((one["userId"], one["dataFields"].get("firstName")) for one in people)

        def change_theirs(name: str) -> None:
            iterable.users[0]["dataFields"]["firstName"] = name

        def reject(name: str | None) -> None:
            iterable.judge = lambda fields: name is not None and fields.get("firstName") == name

        yield Counterpart(
            document=WEBHOOK
            | {
                "sync": "people_to_iterable",
                "destination": "iterable",
                "connection": {"api_key": "${KEY}", "list_id": LIST, "base_url": iterable.url},
                "mapping": {
                    "userId": {"column": "customer_id"},
                    "firstName": {"column": "first_name"},
                },
            },
            held=held,
            change_theirs=change_theirs,
            reject=reject,
            environment={"KEY": iterable.key},
            simulator=iterable,
            descriptions=(str(DESCRIPTION.with_suffix("")),),
        )
