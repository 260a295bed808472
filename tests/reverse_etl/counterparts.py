"""What stands behind each registered destination in the contract suite, and how to ask it what it holds."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from reverse_etl.receiver import Receiver
from reverse_etl.simulators.base import Simulator
from reverse_etl.simulators.klaviyo import KlaviyoSimulator
from tests.reverse_etl.conftest import FILE, SECRET, WEBHOOK

Held = dict[str, str | None]
MAPPING = {"external_id": {"column": "customer_id"}, "first_name": {"column": "first_name"}}
THEIRS: Held = {"theirs": "Somebody"}


@dataclass(frozen=True)
class Counterpart:
    """One destination with what is behind it.

    Attributes:
        document: A mirror sync of `people` by customer_id with first_name, at most four rows a request.
        held: The people in its list or folder, by customer_id, with their first names; others' included.
        reject: Makes it reject people of this first name; None where it takes everybody.
        environment: The secrets the sync names.
        simulator: What answers its requests; None for files.
    """

    document: Mapping[str, Any]
    held: Callable[[], Held]
    reject: Callable[[str | None], None] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    simulator: Simulator | Receiver | None = None


@contextmanager
def _file(root: Path) -> Iterator[Counterpart]:
    """What a tool holds that has read the files in the order of their names."""
    document = FILE | {"mapping": MAPPING}

    def held() -> Held:
        people = dict(THEIRS)
        for path in sorted((root / "out" / str(document["sync"])).glob("*.csv")):
            sql = f"select * from read_csv('{path}', all_varchar = true, header = true, allow_quoted_nulls = false)"
            with duckdb.connect() as connection:
                rows = connection.execute(sql).fetchall()
            for operation, key, name in rows:
                people.pop(key, None)
                if operation == "upsert":
                    people[key] = name
        return people

    yield Counterpart(document, held)


@contextmanager
def _webhook(_root: Path) -> Iterator[Counterpart]:
    with Receiver(secret=SECRET) as receiver:
        receiver.members["others", "theirs"] = {"first_name": "Somebody"}
        connection = WEBHOOK["connection"] | {"base_url": receiver.url}

        def reject(name: str | None) -> None:
            receiver.judge = lambda member: (
                "is not wanted" if name is not None and member["first_name"] == name else None
            )

        yield Counterpart(
            document=WEBHOOK | {"mapping": MAPPING, "connection": connection},
            held=lambda: {key: one["first_name"] for (_, key), one in receiver.members.items()},
            reject=reject,
            environment={"HOOK_SECRET": SECRET},
            simulator=receiver,
        )


@contextmanager
def _klaviyo(_root: Path) -> Iterator[Counterpart]:
    with KlaviyoSimulator() as klaviyo:
        klaviyo.profiles["P0"] = {"external_id": "theirs", "first_name": "Somebody"}
        klaviyo.lists["L1"] = {"P0"}

        def held() -> Held:
            people = [klaviyo.profiles[one] for one in klaviyo.lists["L1"]]
            return {one["external_id"]: one["first_name"] for one in people}

        def reject(name: str | None) -> None:
            klaviyo.judge = lambda attributes: (
                "is not wanted" if name is not None and attributes["first_name"] == name else None
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
            reject=reject,
            environment={"KEY": klaviyo.key},
            simulator=klaviyo,
        )


COUNTERPARTS = {"file": _file, "webhook": _webhook, "klaviyo": _klaviyo}
