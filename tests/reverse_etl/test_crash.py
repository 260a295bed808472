"""SIGKILL at every step: the next run delivers the rest, nothing twice to a file, nothing lost."""

import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import duckdb
import pytest

from reverse_etl.context import SyncContext
from reverse_etl.simulators.webhook import WebhookSimulator
from reverse_etl.spec import Sync
from reverse_etl.sync import apply_sync
from tests.reverse_etl.conftest import FILE, SECRET, MakeSync, Shop

ROOT = Path(__file__).resolve().parents[2]
STEPS = [
    ("planned", 1),
    ("intended", 1),
    ("intended", 2),
    ("answered", 1),
    ("answered", 2),
    ("recorded", 1),
    ("recorded", 2),
    ("closed", 1),
    ("receipts written", 1),
]
FILE_STEPS = [*(step for step in STEPS if step[1] == 1), ("file written", 1)]
TWICE = [
    (("intended", 2), ("intended", 1)),
    (("answered", 1), ("answered", 1)),
    (("answered", 2), ("recorded", 1)),
    (("planned", 1), ("planned", 1)),
    (("recorded", 1), ("closed", 1)),
]
Step = tuple[str, int]


def kill(context: SyncContext, sync: Sync, url: str, step: Step) -> None:
    """Apply in a process of its own that dies at the step."""
    file = context.root / "syncs" / sync.file
    arguments = [str(context.root), str(file), url, SECRET, step[0], str(step[1])]
    finished = subprocess.run(
        [sys.executable, "-m", "tests.reverse_etl.crash", *arguments],
        cwd=ROOT,
        check=False,
        timeout=120,
    )
    assert finished.returncode == -signal.SIGKILL


def delivered_rows(context: SyncContext) -> Counter[tuple[str, str, str]]:
    files = context.state_dir / "receipts" / "*" / "*.parquet"
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"select customer_id, operation, status from read_parquet('{files}')"
        ).fetchall()
    return Counter(rows)


def check_webhook(
    shop: Shop, context: SyncContext, hook: Sync, receiver: WebhookSimulator, steps: list[Step]
) -> None:
    names = [f"c{number}" for number in range(10)]
    shop.named(*names)
    for step in steps:
        kill(context, hook, receiver.url, step)
    result = apply_sync(hook, context)
    assert result.exit_code == 0
    assert {key for _, key in receiver.members} == set(names)
    assert delivered_rows(context) == Counter({(name, "upsert", "accepted"): 1 for name in names})
    before = len(receiver.requests)
    assert apply_sync(hook, context).requests == 0
    assert len(receiver.requests) == before


def check_file(shop: Shop, context: SyncContext, sync: Sync, steps: list[Step]) -> None:
    names = [f"c{number}" for number in range(10)]
    shop.named(*names)
    for step in steps:
        kill(context, sync, "", step)
    apply_sync(sync, context)
    assert apply_sync(sync, context).requests == 0
    pattern = f"{sync.name}.csv" if sync.mode == "snapshot" else f"{sync.name}/*.csv"
    with duckdb.connect() as connection:
        rows = connection.execute(f"select id from '{context.root / 'out' / pattern}'").fetchall()
    assert sorted(row[0] for row in rows) == names
    assert not list((context.root / "out").rglob("*.unfinished"))
    assert delivered_rows(context) == Counter({(name, "upsert", "accepted"): 1 for name in names})


def test_a_kill_in_mid_delivery(
    shop: Shop, context: SyncContext, hook: Sync, receiver: WebhookSimulator
) -> None:
    check_webhook(shop, context, hook, receiver, [("answered", 2)])
    # The second batch had arrived: it was sent again under its id, and the receiver knew it.
    assert receiver.duplicates == 1


def test_a_kill_before_the_file_is_renamed(
    shop: Shop, context: SyncContext, make_sync: MakeSync
) -> None:
    check_file(shop, context, make_sync(FILE), [("file written", 1)])


def test_a_kill_after_the_file_is_renamed(
    shop: Shop, context: SyncContext, make_sync: MakeSync
) -> None:
    check_file(shop, context, make_sync(FILE), [("answered", 1)])


@pytest.mark.slow
@pytest.mark.parametrize("step", STEPS, ids=lambda step: "-".join(map(str, step)))
def test_webhook_survives_every_step(
    shop: Shop, context: SyncContext, hook: Sync, receiver: WebhookSimulator, step: Step
) -> None:
    check_webhook(shop, context, hook, receiver, [step])


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["mirror", "snapshot"])
@pytest.mark.parametrize("step", FILE_STEPS, ids=lambda step: "-".join(map(str, step)))
def test_file_survives_every_step(
    shop: Shop, context: SyncContext, make_sync: MakeSync, mode: str, step: Step
) -> None:
    check_file(shop, context, make_sync(FILE, mode=mode), [step])


@pytest.mark.slow
@pytest.mark.parametrize("steps", TWICE)
def test_two_kills_in_a_row(  # noqa: PLR0917
    shop: Shop,
    context: SyncContext,
    hook: Sync,
    receiver: WebhookSimulator,
    make_sync: MakeSync,
    steps: tuple[Step, Step],
) -> None:
    check_webhook(shop, context, hook, receiver, list(steps))
