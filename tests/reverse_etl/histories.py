"""Histories of one sync, made up by Hypothesis: edits of the shop and of the sync file, faults, kills, plans, clocks
that jump, a second run at the same time. However one goes, it ends with the destination as the mapped audience.
"""

import hashlib
import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from audiences.erasures import bury
from audiences.errors import WorkError
from reverse_etl.context import Retry, SyncContext
from reverse_etl.destinations import REGISTRY
from reverse_etl.result import RunResult
from reverse_etl.simulators.base import Fault
from reverse_etl.sync import apply_sync, plan_sync
from tests.reverse_etl.conftest import AS_OF
from tests.reverse_etl.counterparts import Held
from tests.reverse_etl.world import FAULTS, MODES, WAYS, SyncFile, World

IDS, ADDRESSES = "abcdef", [f"{name}@example.com" for name in "uvwxyz"]
LEAVER = "g"  # the one who may be forgotten, whose address is nobody else's


class Crash(BaseException):
    """The process ends here."""


@dataclass(frozen=True)
class Person:
    """Somebody in the audience."""

    email: str | None
    name: str | None
    entry: int = 1


@dataclass(frozen=True)
class Before:
    """What happens before a run.

    Attributes:
        people: Who comes or changes; None where somebody leaves.
        file: The sync file as it is edited, if it is.
        faults: What goes wrong with the next requests.
        picky: Whether the destination rejects those called Bob.
    """

    people: Mapping[str, Person | None]
    file: SyncFile | None
    faults: Sequence[Fault | None]
    picky: bool


people = st.builds(
    Person,
    email=st.one_of(st.none(), st.sampled_from(ADDRESSES)),
    name=st.sampled_from(["Ada", "Bob", None]),
    entry=st.integers(1, 2),
)
before = st.builds(
    Before,
    people=st.dictionaries(st.sampled_from(IDS), st.one_of(st.none(), people)),
    file=st.one_of(
        st.none(),
        st.builds(
            SyncFile,
            mode=st.sampled_from(MODES),
            on_exit=st.sampled_from(["remove", "keep"]),
            way=st.sampled_from(sorted(WAYS)),
            rows=st.integers(1, 4),
        ),
    ),
    faults=st.lists(st.one_of(st.none(), st.sampled_from(FAULTS)), max_size=5),
    picky=st.booleans(),
)
ticks = st.sampled_from([0, 1, 90, -3_600]).map(lambda seconds: timedelta(seconds=seconds))


def at_step(number: int, act: Callable[[], None]) -> Callable[[str], None]:
    """Does something when a step is heard for the n-th time, counted from 0."""
    heard = itertools.count()
    return lambda _name: act() if next(heard) == number else None


def crash() -> None:
    raise Crash


class History(RuleBasedStateMachine):
    """One sync to one place.

    Args:
        place: Name of a counterpart.
    """

    def __init__(self, place: str) -> None:
        super().__init__()
        self.world = World(place)
        self.counterpart, self.tells = self.world.counterpart, self.world.counterpart.tells
        self.people = {LEAVER: Person(f"{LEAVER}@example.com", "Ada")}
        self.forgotten = set[str]()
        self.blocked: Iterable[str] = ()
        self.day, self.is_built = AS_OF, False
        self.is_open = False  # whether a run may have been left unfinished
        self.theirs, self.has_run = "Somebody", False
        self.names = dict[str, set[str | None]]()  # all that people were ever called
        self.ids = set[str]()  # of all entries there ever were
        self.newcomers = itertools.count()
        self.modes = self.world.modes()
        self.file = SyncFile("events", "keep") if self.tells else SyncFile("mirror", "remove")
        self.sync = self.world.sync(self.file)

    @initialize(threads=st.integers(1, 3), looks=st.sampled_from([1, 14]))
    def begin(self, threads: int, looks: int) -> None:
        destination = REGISTRY[self.sync.destination]
        limits = replace(destination.limits, concurrency=threads)
        self.world.patch.setattr(destination, "limits", limits)
        if hasattr(self.world.simulator, "looks"):
            self.world.simulator.looks = looks  # asked for so often before a job has ended

    @rule(blocked=st.frozensets(st.sampled_from(IDS), max_size=2))
    def block(self, blocked: frozenset[str]) -> None:
        self.blocked, self.is_built = sorted(blocked), False

    @rule(days=st.integers(-40, 40), tick=ticks)
    def jump_the_clock(self, days: int, tick: timedelta) -> None:
        self.world.clock.now += timedelta(days=days)
        self.world.clock.tick = tick

    @rule(days=st.integers(1, 3), is_built=st.booleans())
    def go_to_another_day(self, days: int, is_built: bool) -> None:
        """A later one, for an earlier one is never delivered; nor is one that is not built yet."""
        self.day += timedelta(days=days)
        self.is_built = self.is_built and not is_built

    @precondition(lambda self: self.counterpart.change_theirs is not None)
    @rule(name=st.sampled_from(["Somebody", "Else"]))
    def change_theirs(self, name: str) -> None:
        assert self.counterpart.change_theirs is not None
        self.counterpart.change_theirs(name)
        self.theirs = name

    @precondition(lambda self: self.has_run and not self.forgotten)
    @rule()
    def forget(self) -> None:
        self.forgotten.add(LEAVER)
        bury(self.world.context.state_dir, [LEAVER], self.world.context.now())

    @rule(before=before, retry=st.booleans())
    def run(self, before: Before, retry: bool) -> None:
        self._happen(before)
        self._apply(retry_rejected=retry)

    @rule(before=before, steps=st.integers(0, 12))
    def run_and_be_killed(self, before: Before, steps: int) -> None:
        self._happen(before)
        self._apply(at_step(steps, crash))

    @rule(before=before, steps=st.integers(0, 6))
    def run_beside_another(self, before: Before, steps: int) -> None:
        self._happen(before)
        self._apply(at_step(steps, self._second_run))

    @rule(before=before)
    def apply_a_plan(self, before: Before) -> None:
        self._happen(before)
        plan = plan_sync(self.sync, self._context())
        was_open, asked = self.is_open, self.world.requests
        try:
            result = self._apply(plan_id=plan.plan_id)
        except WorkError:
            assert was_open, "nothing moved"
        else:
            assert result is not None
            assert was_open or result.planned == plan.planned
            assert result.status != "held" or self.world.requests == asked

    @rule(before=before)
    def apply_a_plan_that_moved(self, before: Before) -> None:
        """Somebody new came, whom every mode but update sends."""
        self._happen(before)
        if self.file.mode == "update":
            return
        plan = plan_sync(self.sync, self._context())
        name = f"n{next(self.newcomers)}"
        self.people[name], self.is_built = Person(f"{name}@example.com", "Ada"), False
        self._build()
        if self.is_open:  # what was in doubt is settled before the plans are compared
            with suppress(WorkError):
                result = self._apply(plan_id=plan.plan_id)
                assert result is not None
                assert result.status == "stopped"
            return
        asked = self.world.requests
        with pytest.raises(WorkError, match="rows that came: 1, went: 0, changed: 0"):
            self._apply(plan_id=plan.plan_id)
        assert self.world.requests == asked

    @precondition(lambda self: self.has_run)
    @invariant()
    def others_are_left_alone(self) -> None:
        """And nobody is there who was never wanted, or with a name they never had."""
        self.has_run = False
        held = self.world.held()
        assert held.pop("theirs") == self.counterpart.keeps(self.theirs)
        for key, name in held.items():
            known = {self.counterpart.keeps(one) for one in self.names[key]}
            assert name in known or not name, key

    def teardown(self) -> None:
        try:
            self._end()
        finally:
            self.world.opened.close()

    def _end(self) -> None:
        """Nothing fails any more: one run, and the destination is as the audience.

        Who has no address of their own leaves the shop: a person in quarantine stays where they are.
        """
        self._go_wrong([], picky=False)
        if self.world.simulator is not None:
            self.world.simulator.faults.clear()
        self.world.clock.tick = timedelta(seconds=1)
        self.world.context = replace(self.world.context, retry=Retry(attempts=10, budget=1e6))
        self.block(frozenset())
        members = self._members()
        self.people = {name: one for name, one in self.people.items() if one in members}
        usual = ("events", "keep") if self.tells else ("mirror", "remove")
        self.file = SyncFile(*usual, way=self.file.way)
        self.sync = self.world.sync(self.file)
        self._build()
        result = self._apply(retry_rejected=True)
        assert result is not None
        assert result.status in ("delivered", "unchanged")
        self._check_destination()
        again = self._apply()
        assert again is not None
        assert (again.requests, again.status) == (0, "unchanged")
        self.world.check_ledger(self.sync)

    def _happen(self, before: Before) -> None:
        self.people |= {name: one for name, one in before.people.items() if one is not None}
        for name in [name for name, one in before.people.items() if one is None]:
            self.people.pop(name, None)
        if before.file is not None:
            mode = before.file.mode if before.file.mode in self.modes else self.modes[0]
            on_exit = "keep" if self.tells else before.file.on_exit
            self.file = replace(before.file, mode=mode, on_exit=on_exit)
            self.sync = self.world.sync(self.file)
        self._go_wrong(before.faults, before.picky)
        self.is_built = self.is_built and not before.people
        self._build()

    def _go_wrong(self, faults: Sequence[Fault | None], picky: bool) -> None:
        if self.world.simulator is not None:
            self.world.simulator.faults.extend(faults)
        if self.counterpart.reject is not None:
            self.counterpart.reject("Bob" if picky else None)

    def _apply(
        self, on_step: Callable[[str], None] = lambda _step: None, **more: Any
    ) -> RunResult | None:
        """One run; None when it was killed."""
        self._build()
        self.has_run = True
        try:
            result = apply_sync(self.sync, replace(self._context(), on_step=on_step), **more)
        except Crash:
            self.is_open = True
            return None
        self.is_open = result.status == "stopped" or (result.status == "held" and self.is_open)
        self._check_counts(result)
        return result

    def _check_counts(self, result: RunResult) -> None:
        assert result.planned == result.accepted + result.rejected + result.pending
        assert result.planned == result.adds + result.changes + result.removals
        assert result.pending == 0 or result.status in ("stopped", "held")
        is_mirror = self.file.mode in ("mirror", "upsert") and self.file.on_exit == "remove"
        is_done = result.status in ("delivered", "unchanged")
        left = result.rejected + result.waiting + result.withheld + result.quarantined
        if is_mirror and is_done and left == 0:
            self._check_destination()

    def _check_destination(self) -> None:
        wanted = self._wanted()
        if self.tells:
            told = self.world.told()
            assert self._entries() <= told <= self.ids
            assert wanted.keys() <= self.world.held().keys()
        else:
            all_there = wanted | {"theirs": self.theirs}
            assert self.world.held() == self.counterpart.kept(all_there)

    def _second_run(self) -> None:
        with ThreadPoolExecutor(1) as thread:
            second = thread.submit(apply_sync, self.sync, self._context())
        with pytest.raises(WorkError, match="another run of it is active"):
            second.result()

    def _context(self) -> SyncContext:
        return replace(self.world.context, as_of=self.day)

    def _build(self) -> None:
        """Write the warehouse, and note what may be seen at the destination from here on."""
        if not self.is_built:
            self.is_built = True
            self.world.shop.day = self.day
            self.world.shop.blocks = [
                (name, "email", "newsletter", "withdrawn") for name in self.blocked
            ]
            self.world.shop.people(
                [
                    {
                        "customer_id": name,
                        "email": one.email,
                        "first_name": one.name,
                        "entry_seq": one.entry,
                    }
                    for name, one in self.people.items()
                ]
            )
        for key, name in self._wanted().items():
            self.names.setdefault(key, set()).add(name)
        self.ids |= self._entries()

    def _members(self) -> list[Person]:
        """Those with an address of their own who were not forgotten."""
        known = [one for name, one in self.people.items() if name not in self.forgotten]
        shared = Counter(one.email for one in known)
        return [one for one in known if one.email is not None and shared[one.email] == 1]

    def _wanted(self) -> Held:
        mapped = WAYS[self.file.way][1]
        return {
            str(one.email).split("@", maxsplit=1)[0]: mapped(one.name) for one in self._members()
        }

    def _entries(self) -> set[str]:
        """The ids by which the entries of the members are told."""
        keys = [(f"{one.email}#{one.entry}", one.entry) for one in self._members()]
        said = [f"{self.sync.name}|{key}|{entry}".encode() for key, entry in keys]
        return {hashlib.sha256(text).hexdigest()[:32] for text in said}
