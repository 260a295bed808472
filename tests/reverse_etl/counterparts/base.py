"""What stands behind a destination in the contract suite, and how to ask it what it holds."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from reverse_etl.simulators.base import Simulator
from reverse_etl.simulators.webhook import WebhookSimulator

Held = dict[str, str | None]
MAPPING = {"external_id": {"column": "customer_id"}, "first_name": {"column": "first_name"}}
THEIRS: Held = {"theirs": "Somebody"}


def each_once(people: Iterable[tuple[str, str | None]]) -> Held:
    """People by key, of whom none may be there twice."""
    found = list(people)
    assert len(dict(found)) == len(found), f"somebody is there twice: {sorted(found, key=str)}"
    return dict(found)


@dataclass(frozen=True)
class Counterpart:
    """One destination with what is behind it.

    Attributes:
        document: A mirror sync (events, where it only tells) of `people` by customer_id (by email where the destination
            knows people by that alone) with first_name, at most four rows a request.
        held: The people in its list or folder, by customer_id, with their first names; others' included. An address
            `a@example.com` stands for the id `a`.
        change_theirs: Lets somebody else name the person anew who is theirs; None where nobody can.
        reject: Makes it reject people of this first name; None where it takes everybody.
        keeps: How it keeps a first name.
        environment: The secrets the sync names.
        simulator: What answers its requests; None for files.
        descriptions: Names of the vendor's API descriptions; every request is held against them.
        base: What stands before the paths of the descriptions.
    """

    document: Mapping[str, Any]
    held: Callable[[], Held]
    change_theirs: Callable[[str], None] | None = None
    reject: Callable[[str | None], None] | None = None
    keeps: Callable[[str | None], str | None] = lambda name: name
    environment: Mapping[str, str] = field(default_factory=dict)
    simulator: Simulator | WebhookSimulator | None = None
    descriptions: tuple[str, ...] = ()
    base: str = ""

    def kept(self, people: Held) -> Held:
        """People as it holds them."""
        return {key: self.keeps(name) for key, name in people.items()}

    @property
    def tells(self) -> bool:
        """Whether it is told events, which stay."""
        return bool(self.document["mode"] == "events")

    def after(self, before: Held, audience: Held) -> Held:
        """The people it holds when the audience was delivered to what it held before."""
        return self.kept(THEIRS | audience) | (before if self.tells else {})
