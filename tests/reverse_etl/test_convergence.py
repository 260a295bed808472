"""Whatever was edited and whatever failed: afterwards the destination holds the mapped audience, and others' rows."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from reverse_etl.context import Retry, SyncContext
from reverse_etl.destinations.base import Limits
from reverse_etl.destinations.webhook import WebhookDestination
from reverse_etl.loader import load_sync
from reverse_etl.simulators.base import Fault
from reverse_etl.simulators.webhook import WebhookSimulator
from reverse_etl.spec import Sync
from reverse_etl.sync import apply_sync
from tests.reverse_etl.conftest import AS_OF, SECRET, WEBHOOK, Shop

IDS = "abcdef"
FAULTS = [
    Fault(500),
    Fault(429),
    Fault(400),
    Fault(cuts=True),
    Fault(cuts=True, does_work=True),
    Fault(200, body=b"<html>", does_work=True),
    Fault(200, (("content-encoding", "gzip"),), b"<html>", does_work=True),
]


class Crash(BaseException):
    """The process ends here."""


@dataclass(frozen=True)
class Round:
    """One edit of the shop and one run of the sync, with what goes wrong in it."""

    emails: dict[str, str | None]
    names: dict[str, str]
    blocked: frozenset[str]
    faults: list[Fault | None]
    crash_after: int | None
    is_picky: bool


emails = st.one_of(st.none(), st.sampled_from([f"{name}@example.com" for name in "uvwxyz"]))
rounds = st.builds(
    Round,
    emails=st.dictionaries(st.sampled_from(IDS), emails, max_size=6),
    names=st.fixed_dictionaries({name: st.sampled_from(["Ada", "Bob"]) for name in IDS}),
    blocked=st.frozensets(st.sampled_from(IDS), max_size=2),
    faults=st.lists(st.one_of(st.none(), st.sampled_from(FAULTS)), max_size=5),
    crash_after=st.one_of(st.none(), st.integers(0, 8)),
    is_picky=st.booleans(),
)
endings = st.permutations([f"{name}@example.com" for name in "uvwxyz"])


def play(history: list[Round], ending: list[str], size: int, threads: int) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        WebhookSimulator(secret=SECRET) as receiver,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(WebhookDestination, "limits", Limits(concurrency=threads))
        shop = Shop(Path(folder))
        context = SyncContext(
            *(shop.root, shop.path, shop.root / "state", AS_OF, {"HOOK_SECRET": SECRET}),
            retry=Retry(attempts=2),
            sleep=lambda _seconds: None,
        )
        sync = _sync(shop.root, receiver.url)
        theirs = {(sync.name, "theirs"): {"external_id": "theirs"}}
        receiver.members.update(theirs)
        for one in history:
            _round(shop, context, sync, receiver, one)
        receiver.faults.clear()
        receiver.judge = lambda _member: None
        shop.blocks = []
        last = dict(zip(IDS[:size], ending, strict=False))
        shop.people([{"customer_id": name, "email": email} for name, email in last.items()])
        assert apply_sync(sync, context, retry_rejected=True).status in ("delivered", "unchanged")
        wanted = {(sync.name, email): _payload(email) for email in last.values()}
        assert receiver.members == theirs | wanted
        assert apply_sync(sync, context).requests == 0


def _round(
    shop: Shop, context: SyncContext, sync: Sync, receiver: WebhookSimulator, one: Round
) -> None:
    shop.blocks = [(name, "email", "newsletter", "withdrawn") for name in one.blocked]
    shop.people(
        [
            {"customer_id": name, "email": email, "first_name": one.names[name]}
            for name, email in one.emails.items()
        ]
    )
    receiver.faults.clear()
    receiver.faults.extend(one.faults)
    receiver.judge = lambda member: (
        "no" if one.is_picky and member.get("first_name") == "Bob" else None
    )
    try:
        result = apply_sync(sync, replace(context, on_step=_crash_after(one.crash_after)))
    except Crash:
        return
    assert result.planned == result.accepted + result.rejected + result.pending
    assert result.pending == 0 or result.status == "stopped"


def _crash_after(steps: int | None) -> Callable[[str], None]:
    left = steps

    def on_step(_name: str) -> None:
        nonlocal left
        if left is None:
            return
        if left == 0:
            raise Crash
        left -= 1

    return on_step


def _sync(folder: Path, url: str) -> Sync:
    document: dict[str, Any] = WEBHOOK | {
        "key": "email",
        "mapping": {
            "external_id": {"column": "email"},
            "first_name": {"column": "first_name", "fallback": ""},
        },
        "batch": {"max_rows": 2},
        "breakers": {"max_removed_share": 1, "max_changed_share": 1, "allow_empty": True},
        "connection": {"base_url": url, "signing_secret": "${HOOK_SECRET}"},
    }
    path = folder / f"{document['sync']}.yml"
    path.write_text(yaml.safe_dump(document))
    return load_sync(path)


def _payload(email: str) -> dict[str, str]:
    return {"external_id": email, "first_name": ""}


histories = st.lists(rounds, min_size=1, max_size=6)
# A run takes a while, so a failure is reported as it was found, with its blob, and not shrunk.
patient = {
    "deadline": None,
    "print_blob": True,
    "phases": [Phase.explicit, Phase.reuse, Phase.generate],
    "suppress_health_check": list(HealthCheck),
}


@given(histories, endings, st.integers(0, 6), st.integers(1, 3))
@settings(max_examples=4, **patient)  # type: ignore[arg-type]
def test_the_destination_ends_as_the_mapped_audience(
    history: list[Round], ending: list[str], size: int, threads: int
) -> None:
    play(history, ending, size, threads)


@pytest.mark.slow
@given(histories, endings, st.integers(0, 6), st.integers(1, 3))
@settings(max_examples=100, **patient)  # type: ignore[arg-type]
def test_the_destination_ends_as_the_mapped_audience_at_length(
    history: list[Round], ending: list[str], size: int, threads: int
) -> None:
    play(history, ending, size, threads)
