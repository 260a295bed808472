"""The receiver of webhooks: as a list of members, and as one that is told who entered."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from reverse_etl.simulators.webhook import WebhookSimulator
from tests.reverse_etl.conftest import SECRET, WEBHOOK
from tests.reverse_etl.counterparts.base import MAPPING, THEIRS, Counterpart, Held


@contextmanager
def webhook(_root: Path) -> Iterator[Counterpart]:
    with WebhookSimulator(secret=SECRET) as receiver:
        receiver.members["others", "theirs"] = {"first_name": "Somebody"}

        def held() -> Held:
            return {key: one.get("first_name") for (_, key), one in receiver.members.items()}

        def change_theirs(name: str) -> None:
            receiver.members["others", "theirs"] = {"first_name": name}

        yield _counterpart(receiver, WEBHOOK, held=held, change_theirs=change_theirs)


@contextmanager
def webhook_events(_root: Path) -> Iterator[Counterpart]:
    with WebhookSimulator(secret=SECRET) as receiver:
        document = WEBHOOK | {"sync": "people_told_to_webhook", "mode": "events"}

        def held() -> Held:
            told = receiver.events.values()
            return THEIRS | {one["external_id"]: one["first_name"] for one in told}

        yield _counterpart(receiver, document, held=held)


def _counterpart(
    receiver: WebhookSimulator, document: Mapping[str, Any], **more: Any
) -> Counterpart:
    def reject(name: str | None) -> None:
        receiver.judge = lambda member: (
            "is not wanted" if name is not None and member.get("first_name") == name else None
        )

    connection = document["connection"] | {"base_url": receiver.url}
    return Counterpart(
        document={**document, "mapping": MAPPING, "connection": connection},
        reject=reject,
        environment={"HOOK_SECRET": SECRET},
        simulator=receiver,
        **more,
    )
