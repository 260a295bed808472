"""The definition language: what one audience file may say, as frozen types."""

import re
from datetime import date
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from audiences.language.blocks import Block, Day, Duration, Line, Name, Share, broken, days_of
from audiences.language.conditions import Condition
from audiences.language.consent import SUPPRESSIONS, Consent, Suppression
from audiences.language.entry import Entry, NextAfter, Priority, Program
from audiences.language.fixtures import Fixture
from audiences.language.frequency import Frequency
from audiences.language.guardrails import Guardrails
from audiences.language.names import NAME_FORM, why_not_an_audience_name
from audiences.language.payload import ArmPayload, Payload
from audiences.language.send_window import SendWindow

LAST_SLOT = 9999
WITHHELD_FROM_ALL = "global_holdout"  # the arm a membership shows for people in the global holdout


def _check_audience(value: str) -> str:
    if why_not := why_not_an_audience_name(value):
        raise broken("AUD102", why_not, f"choose another name; {NAME_FORM}")
    return value


def _is_none(value: object) -> object:
    return None if value == "none" else value


def _named(value: object) -> object:
    return {"name": value} if isinstance(value, str) else value


class Contact(Block):
    """Where the audience may be contacted, and who is left alone; consent is always required."""

    channels: tuple[Literal["email", "sms", "push", "whatsapp", "webhook"], ...] = Field(
        min_length=1
    )
    consent: Consent = Consent()
    suppress: tuple[Suppression, ...] = tuple(SUPPRESSIONS)
    frequency: tuple[Frequency, ...] = ()
    send_window: SendWindow = SendWindow()

    @model_validator(mode="after")
    def _check_channels(self) -> "Contact":
        if len(set(self.channels)) < len(self.channels):
            raise broken("AUD100", "names a channel twice", "name each channel once", "channels")
        return self


def _check_salt(value: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{16,64}", value):
        fix = "use 16 to 64 random digits 0-9 a-f, for example from `perennial audiences new-salt`"
        raise broken("AUD106", "is not a salt", fix)
    return value


def _check_slots(slots: tuple[int, int]) -> tuple[int, int]:
    first, last = slots
    if not 0 <= first <= last <= LAST_SLOT:
        fix = f"write [first, last] with 0 <= first <= last <= {LAST_SLOT}"
        raise broken("AUD105", "is not a range of slots", fix)
    return slots


Salt = Annotated[str, AfterValidator(_check_salt)]
Slots = Annotated[tuple[int, int], AfterValidator(_check_slots)]


class Arm(Block):
    """A range of slots, first and last, and whether its people are delivered."""

    slots: Slots
    delivers: bool = True
    payload: ArmPayload | None = None


class Experiment(Block):
    """Who is randomised into which arm. A change of arms, slots or salt needs a new phase."""

    later = frozenset({"measure"})

    key: Name
    phase: int = Field(ge=1, le=9999)
    salt: Salt
    respects_global_holdout: bool = True
    arms: dict[Name, Arm] = Field(min_length=1)

    @model_validator(mode="after")
    def _check_arms(self) -> "Experiment":
        if WITHHELD_FROM_ALL in self.arms:
            fix = "give the arm another name"
            raise broken("AUD105", "is not a name for an arm", fix, "arms")
        arms = sorted(self.arms.items(), key=lambda arm: arm[1].slots)
        for (name, arm), (next_name, next_arm) in pairwise(arms):
            if next_arm.slots[0] <= arm.slots[1]:
                both = f"{next_arm.slots[0]}-{min(arm.slots[1], next_arm.slots[1])}"
                rule = f"arms {name} and {next_name} overlap in slots {both}"
                raise broken("AUD105", rule, "give each arm slots of its own", "arms")
        if not any(arm.delivers for _, arm in arms):
            raise broken("AUD105", "no arm delivers", "let at least one arm deliver", "arms")
        return self


class Goal(Block):
    """What the audience is for: a metric, its window, and where it should go by when."""

    metric: str
    window: Duration
    baseline: Share | None = None
    target: Share | None = None
    by: Day | None = None

    @property
    def window_days(self) -> int:
        """The window as a number of days."""
        return days_of(self.window)


class Definition(Block):
    """One audience."""

    later = frozenset({"unit"})

    version: Literal["1"]
    audience: Annotated[str, AfterValidator(_check_audience)]
    label: dict[Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]+)*$")], Line] = Field(
        min_length=1
    )
    owner: Line
    purpose: Name
    program: Annotated[Program | None, BeforeValidator(_named)] = None
    status: Literal["draft", "active", "paused", "retired"] = "active"
    expires_on: Day | None = None
    evergreen: bool = False
    match: Condition
    exclude: Condition | None = None
    contact: Annotated[Contact | None, BeforeValidator(_is_none)]
    goal: Goal | None = None
    experiment: Experiment | None = None
    entry: Entry = Entry()
    priority: Priority | None = None
    payload: Payload | None = None
    guardrails: Guardrails = Guardrails()
    tests: tuple[Fixture, ...] = ()

    @model_validator(mode="after")
    def _check_whole(self) -> "Definition":
        if (self.expires_on is not None) == self.evergreen:
            rule = "needs an end: either `expires_on` or `evergreen: true`"
            raise broken("AUD112", rule, "add one of the two", "expires_on")
        if self.experiment and not self.goal:
            fix = "add for example `goal: { metric: order_conversion, window: 14d }`"
            raise broken("AUD112", "an experiment needs a goal", fix, "goal")
        if self.entry.max_stay and not self.entry.keeps_out and not self.follows:
            fix = "add `reentry_after` or `max_entries`"
            raise broken(
                "AUD100", "`max_stay` alone would let people straight back in", fix, "entry"
            )
        if not self.program and any(rule.scope == "program" for rule in self.frequency):
            fix = "add `program`, or use another scope"
            raise broken("AUD100", "a cap counts a programme it does not have", fix, "contact")
        return self

    @property
    def frequency(self) -> tuple[Frequency, ...]:
        """The caps on how often a person is contacted."""
        return self.contact.frequency if self.contact else ()

    @property
    def step(self) -> int | None:
        """Which step of its programme it is."""
        return self.program.step if self.program else None

    @property
    def follows(self) -> NextAfter | None:
        """The step of its programme that goes before, and the wait."""
        return self.program.next_after if self.program else None

    @property
    def channels(self) -> tuple[str, ...]:
        """Channels in order of preference; none for `contact: none`."""
        return self.contact.channels if self.contact else ()

    def status_on(self, day: date) -> str:
        """The status on a day: `expired` after the last day, else as written."""
        return "expired" if self.expires_on and day > self.expires_on else self.status

    @property
    def is_compiled(self) -> bool:
        """A draft is checked and goes no further."""
        return self.status != "draft"

    @property
    def is_evaluated(self) -> bool:
        """Whether the rule is asked of the customers; a retired audience only ends."""
        return self.status in {"active", "paused"}
