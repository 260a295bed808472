"""One custom audience of a simulated Meta ad account."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reverse_etl.destinations.meta_values import matched
from reverse_etl.simulators.meta import MetaSimulator
from tests.reverse_etl.conftest import WEBHOOK
from tests.reverse_etl.counterparts.base import Counterpart, Held, each_once

AUDIENCE = "23840000000000001"


@contextmanager
def meta(_root: Path) -> Iterator[Counterpart]:
    with MetaSimulator() as meta:
        meta.audiences[AUDIENCE] = [{"EXTERN_ID": "theirs", "FN": matched("FN", "Somebody")}]

        def held() -> Held:
            return each_once((one["EXTERN_ID"], one.get("FN")) for one in meta.audiences[AUDIENCE])

        def change_theirs(name: str) -> None:
            meta.audiences[AUDIENCE][0]["FN"] = matched("FN", name)

        def reject(name: str | None) -> None:
            meta.judge = lambda row: (
                "is not wanted"
                if name is not None and row.get("FN") == matched("FN", name)
                else None
            )

        yield Counterpart(
            document=WEBHOOK
            | {
                "sync": "people_to_meta",
                "destination": "meta",
                "connection": {
                    "access_token": "${TOKEN}",
                    "audience_id": AUDIENCE,
                    "base_url": meta.url,
                },
                "mapping": {
                    "EXTERN_ID": {"column": "customer_id"},
                    "FN": {"column": "first_name"},
                },
            },
            held=held,
            change_theirs=change_theirs,
            reject=reject,
            keeps=lambda name: matched("FN", name),
            environment={"TOKEN": meta.token},
            simulator=meta,
        )
