"""What holds a run until somebody has looked: an audience that is stale, and a plan that takes or changes too much."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from audiences.errors import InputError
from reverse_etl.spec import Breakers

GATE, STALE = "gate", "stale_audience"
ACCEPTABLE = (STALE, "allow_empty", "max_removed_share", "max_changed_share")


@dataclass(frozen=True)
class Hold:
    """A breaker that holds a run, and why."""

    breaker: str
    reason: str

    def __str__(self) -> str:
        return f"{self.breaker}: {self.reason}"


def check_accepted(accepted: Collection[str], audience: str) -> None:
    """Refuse the name of a breaker that cannot be overridden here.

    Raises:
        InputError: There is no such breaker, or it is the audience's gate.
    """
    for name in accepted:
        if name == GATE:
            problem = "--accept gate: the gate belongs to the audience, not to one of its syncs"
            raise InputError(problem, f"look at it and run 'perennial audiences accept {audience}'")
        if name not in ACCEPTABLE:
            raise InputError(
                f"--accept {name}: there is no such breaker",
                f"name one of {', '.join(ACCEPTABLE)}",
            )


def tripped(
    breakers: Breakers, counts: Mapping[str, int], members: int, acknowledged: int
) -> list[Hold]:
    """The breakers a plan trips.

    Args:
        breakers: Their limits.
        counts: Planned rows by kind; people who were forgotten do not count.
        members: People in the audience.
        acknowledged: Rows the destination holds; with none there is nothing to lose.
    """
    if acknowledged == 0:
        return []
    if members == 0:
        # An audience that may be empty may lose everyone.
        reason = f"the audience is empty, {acknowledged} were delivered before"
        return [] if breakers.allow_empty else [Hold("allow_empty", reason)]
    shares = (
        ("max_removed_share", counts.get("remove", 0), breakers.max_removed_share),
        ("max_changed_share", counts.get("change", 0), breakers.max_changed_share),
    )
    return [
        Hold(name, f"{rows} of {acknowledged} ({rows / acknowledged:.1%}) is above {limit:.1%}")
        for name, rows, limit in shares
        if rows > limit * acknowledged
    ]


def held_reason(holds: Collection[Hold]) -> str | None:
    """All that holds a run, in one line; None when nothing does."""
    return "; ".join(map(str, holds)) or None


def breakers_in(reason: str) -> list[str]:
    """The breakers that a reason names."""
    return [name for name in (GATE, *ACCEPTABLE) if f"{name}: " in reason]
