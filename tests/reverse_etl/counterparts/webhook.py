"""The receiver of webhooks."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reverse_etl.simulators.webhook import WebhookSimulator
from tests.reverse_etl.conftest import SECRET, WEBHOOK
from tests.reverse_etl.counterparts.base import MAPPING, Counterpart


@contextmanager
def webhook(_root: Path) -> Iterator[Counterpart]:
    with WebhookSimulator(secret=SECRET) as receiver:
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
