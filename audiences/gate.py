"""The gate out: one verdict an audience and day on whether its candidates may become members.

Reads the warehouse, appends to the ledger `gate_verdicts`. An audience that is not judged is held by the models.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import pyarrow as pa

from audiences.guards.acceptances import can_be_accepted, is_accepted, read_acceptances
from audiences.guards.expectations import Checker, open_checker
from audiences.guards.measures import SCHEMA, Measures, measure
from audiences.guards.suite import Breach, suite_for
from audiences.spec import Definition
from audiences.state import write_day
from audiences.warehouse import open_warehouse

LEDGER = "gate_verdicts"
_COLUMNS = pa.schema(
    [
        ("audience", pa.string()),
        ("verdict", pa.string()),
        ("reason", pa.string()),
        ("base_size", pa.int64()),
        ("matched", pa.int64()),
        ("dispositions", pa.string()),
    ]
)


UNJUDGED = "it could not be judged"


@dataclass(frozen=True)
class Verdict:
    """Whether an audience's candidates may become members.

    Attributes:
        audience: The audience.
        breaches: The guards that broke.
        is_accepted: Whether a person accepted them for this day.
        measures: The numbers it was judged by.
    """

    audience: str
    breaches: tuple[Breach, ...]
    is_accepted: bool
    measures: Measures

    @property
    def verdict(self) -> Literal["pass", "hold"]:
        """`hold` leaves the members as they were the day before."""
        return "hold" if self.breaches and not self.is_accepted else "pass"

    @property
    def reason(self) -> str | None:
        """Why it is held, or what was accepted, in words; none when it simply passes."""
        reasons = "; ".join(dict.fromkeys(breach.reason for breach in self.breaches))
        return f"accepted: {reasons}" if reasons and self.is_accepted else reasons or None

    @property
    def is_acceptable(self) -> bool:
        """Whether it is held by nothing but what a person may accept."""
        return self.verdict == "hold" and can_be_accepted(self.breaches)


def judge(
    warehouse: Path, state_dir: Path, as_of: date, definitions: Sequence[Definition]
) -> list[Verdict]:
    """Judge the day's candidates and record the verdicts; judging a day again replaces them.

    Args:
        warehouse: The warehouse, with the candidates of the day.
        state_dir: The state folder.
        as_of: The day.
        definitions: The audiences; drafts have no candidates and are left out.

    Raises:
        WorkError: The warehouse has no candidates, or another process is writing it.
    """
    verdicts = assess(warehouse, state_dir, as_of, definitions)
    write_day(state_dir, LEDGER, as_of, _rows(verdicts))
    return verdicts


def assess(
    warehouse: Path, state_dir: Path, as_of: date, definitions: Sequence[Definition]
) -> list[Verdict]:
    """What `judge` would record, without recording it."""
    compiled = {d.audience: d for d in definitions if d.is_compiled}
    accepted = read_acceptances(state_dir, as_of)
    with open_warehouse(warehouse) as connection:
        measured = measure(connection, as_of, list(compiled.values()))
        with open_checker(connection, SCHEMA, as_of) as checker:
            found = {m.audience: _breaches(compiled[m.audience], m, checker) for m in measured}
    return [
        Verdict(
            audience=each.audience,
            breaches=found[each.audience],
            is_accepted=is_accepted(found[each.audience], accepted.get(each.audience, ())),
            measures=each,
        )
        for each in measured
    ]


def _breaches(definition: Definition, measures: Measures, checker: Checker) -> tuple[Breach, ...]:
    outcomes = checker.run(definition.audience, suite_for(definition, measures, checker.as_of))
    return tuple(
        Breach(each.meta["guard"], getattr(measures, each.meta["column"]), each.meta["reason"])
        if each.was_evaluated
        else Breach("judgement", 0, UNJUDGED)
        for each in outcomes
        if not each.passed
    )


def _rows(verdicts: Sequence[Verdict]) -> pa.Table:
    return pa.Table.from_pylist(
        [
            {
                "audience": each.audience,
                "verdict": each.verdict,
                "reason": each.reason,
                "base_size": each.measures.base_size,
                "matched": each.measures.matched,
                "dispositions": json.dumps(each.measures.dispositions),
            }
            for each in verdicts
        ],
        schema=_COLUMNS,
    )
