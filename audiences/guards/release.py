"""Releases a held audience once: `perennial audiences accept`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from audiences.errors import InputError, WorkError
from audiences.gate import LEDGER, assess
from audiences.guards.acceptances import write_acceptance
from audiences.guards.sources import traits_day
from audiences.guards.suite import ACCEPTABLE
from audiences.language.blocks import nearest
from audiences.spec import Definition
from audiences.state import days
from audiences.warehouse import RUN_FIRST, open_warehouse


@dataclass(frozen=True)
class Release:
    """What was accepted: the day, and the reasons that hold the audience no longer."""

    audience: str
    as_of: date
    reasons: tuple[str, ...]


def accept(
    warehouse: Path, state_dir: Path, definitions: Sequence[Definition], name: str
) -> Release:
    """Accept what holds an audience on the newest judged day, so that the next run of that day lets it pass.

    Args:
        warehouse: The warehouse as that day's run left it.
        state_dir: The state folder.
        definitions: All definitions.
        name: The audience.

    Raises:
        InputError: There is no such audience.
        WorkError: Nothing holds it, or something that cannot be accepted does.
    """
    compiled = {d.audience: d for d in definitions if d.is_compiled}
    if name not in compiled:
        raise InputError(f"there is no audience '{name}'", nearest(name, compiled))
    as_of = _judged_day(warehouse, state_dir)
    [verdict] = assess(warehouse, state_dir, as_of, [compiled[name]])
    if verdict.verdict == "pass":
        what = verdict.reason or "nothing holds it"
        raise WorkError(
            f"there is nothing to accept for {name} on {as_of}: {what}",
            f"run `perennial run --as-of {as_of}` if it has not left yet",
        )
    wrong = [each.reason for each in verdict.breaches if each.guard not in ACCEPTABLE]
    if wrong:
        raise WorkError(
            f"{name} cannot be accepted: {'; '.join(wrong)}", "mend the data and run again"
        )
    write_acceptance(state_dir, as_of, name, verdict.breaches)
    return Release(name, as_of, tuple(dict.fromkeys(b.reason for b in verdict.breaches)))


def _judged_day(warehouse: Path, state_dir: Path) -> date:
    judged = max(days(state_dir, [LEDGER]), default=None)
    if judged is None:
        raise WorkError("no audience has been judged yet", RUN_FIRST)
    with open_warehouse(warehouse) as connection:
        built = traits_day(connection)
    if built is not None and built != judged:
        raise WorkError(
            f"the warehouse is of {built}, the newest verdicts are of {judged}",
            f"run `perennial run --as-of {judged}` first",
        )
    return judged
