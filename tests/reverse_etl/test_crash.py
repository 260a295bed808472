"""SIGKILL at every step: the next run delivers the rest, nothing is lost, and nothing is there twice."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pytest

from audiences.errors import WorkError
from reverse_etl.spec import Sync
from reverse_etl.sync import apply_sync, plan_sync
from tests.reverse_etl.counterparts import THEIRS, Held
from tests.reverse_etl.crash import Step, kill_at, steps_of, stopped_at
from tests.reverse_etl.world import SyncFile, World

BEFORE: Held = {f"c{number}": "old" for number in range(6)}
AFTER: Held = {f"c{number}": "new" if number < 4 else "old" for number in range(2, 10)}
PLACES = {
    "webhook": "mirror",
    "webhook_events": "events",
    "file": "mirror",
    "klaviyo": "mirror",
    "hubspot": "mirror",
    "email": "events",
}
COMMON = ["planned", "intended", "answered", "recorded", "closed", "receipts written"]
OWN = {"klaviyo": {"job taken"}, "file": {"file written"}}


@dataclass
class Case:
    """A sync that delivered some people once, and has others to deliver, change and remove now."""

    world: World
    sync: Sync

    def people(self, audience: Held) -> None:
        self.world.shop.people(
            [
                {"customer_id": key, "email": f"{key}@example.com", "first_name": name}
                for key, name in audience.items()
            ]
        )

    def apply(self) -> list[str]:
        """Apply in this process; the steps that were heard."""
        heard: list[str] = []
        context = replace(self.world.context, on_step=heard.append)
        assert apply_sync(self.sync, context).status in ("delivered", "unchanged")
        return heard

    @property
    def where(self) -> tuple[Path, Path, Mapping[str, str]]:
        """What another process has to be told to apply the same sync."""
        world = self.world
        return world.shop.root, world.file, world.counterpart.environment

    def finish(self) -> list[str]:
        """Apply once more, and see that all is there, once; the steps that were heard."""
        heard = self.apply()
        counterpart, told = self.world.counterpart, self.receipts()
        if counterpart.document["destination"] == "email":
            self.check_letters()
        else:
            assert self.world.held() == counterpart.after(dict(BEFORE), AFTER)
            assert told == wanted_receipts(counterpart.tells)
        before = self.world.requests
        assert apply_sync(self.sync, self.world.context).requests == 0
        assert self.world.requests == before
        assert not list(self.world.shop.root.rglob("*.unfinished"))
        self.world.check_ledger(self.sync)
        return heard

    def check_letters(self) -> None:
        """Each went out once at most; one in doubt is held, and not sent again."""
        server, told = self.world.simulator, self.receipts()
        accepted = {key for key, _, status in told if status == "accepted"}
        held = {key for key, _, status in told if status == "rejected"}
        assert server.copies == len(server.letters)
        assert accepted <= self.world.held().keys() <= accepted | held | THEIRS.keys()
        assert set(told.values()) == {1}
        assert accepted | held == BEFORE.keys() | AFTER.keys()

    def receipts(self) -> Counter[tuple[str, str, str]]:
        files = self.world.context.state_dir / "receipts" / "*" / "*.parquet"
        with duckdb.connect() as connection:
            rows = connection.execute(
                f"select customer_id, operation, status from read_parquet('{files}')"
            ).fetchall()
        return Counter(rows)


def wanted_receipts(tells: bool) -> Counter[tuple[str, str, str]]:
    """What was to be done, each done once."""
    changed = [key for key, name in AFTER.items() if BEFORE.get(key) != name]
    if tells:
        changed = [key for key in AFTER if key not in BEFORE]
    done = Counter((key, "upsert", "accepted") for key in [*BEFORE, *changed])
    left = [] if tells else [key for key in BEFORE if key not in AFTER]
    return done + Counter((key, "remove", "accepted") for key in left)


@contextmanager
def case(place: str) -> Iterator[Case]:
    world = World(place)
    with world.opened:
        if place == "email":
            connection = dict(world.counterpart.document["connection"])
            del connection["ambiguous"]
            document = dict(world.counterpart.document) | {"connection": connection}
            world.counterpart = replace(world.counterpart, document=document)
        on_exit = "keep" if world.counterpart.tells else "remove"
        one = Case(world, world.sync(SyncFile(PLACES[place], on_exit, rows=3)))
        one.people(BEFORE)
        one.apply()
        one.people(AFTER)
        yield one


def test_a_kill_in_mid_delivery() -> None:
    with case("webhook") as one:
        assert kill_at(Step("answered", 2), *one.where)
        one.finish()
        # The second batch had arrived: it was sent again under its id, and the receiver knew it.
        assert one.world.simulator.duplicates == 1


def test_another_process_is_refused_in_mid_delivery() -> None:
    with case("webhook") as one:
        with stopped_at(Step("answered"), *one.where):
            before = one.world.requests
            for verb in (apply_sync, plan_sync):
                with pytest.raises(WorkError, match="another run of it is active"):
                    verb(one.sync, one.world.context)
            assert one.world.requests == before
        one.finish()


@pytest.mark.parametrize("step", ["file written", "answered"])
def test_a_kill_around_the_renaming_of_a_file(step: str) -> None:
    with case("file") as one:
        assert kill_at(Step(step), *one.where)
        one.finish()


@pytest.mark.slow
@pytest.mark.parametrize(
    "place", [pytest.param(one, marks=pytest.mark.xdist_group(f"killed {one}")) for one in PLACES]
)
def test_it_survives_a_kill_at_every_step_and_a_second_one(place: str) -> None:
    """Killed once at each step, and twice: at each step, then at one of those that the next run came to."""
    with case(place) as one:
        steps = steps_of(one.finish())
    assert {step.name for step in steps} == {*COMMON, *OWN.get(place, ())}
    for number, first in enumerate(steps):
        with case(place) as one:
            assert kill_at(first, *one.where), first
            rest = steps_of(one.finish())
        with case(place) as one:
            assert kill_at(first, *one.where), first
            kill_at(
                rest[number % len(rest)], *one.where
            )  # requests under way may make it another step
            one.finish()
