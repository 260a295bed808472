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

from audiences.expectations import Checker, open_checker
from audiences.guards import suite_for
from audiences.measures import SCHEMA, Measures, measure
from audiences.spec import Definition
from audiences.state import write_day
from audiences.warehouse import open_warehouse

_LEDGER = pa.schema(
    [
        ("audience", pa.string()),
        ("verdict", pa.string()),
        ("reason", pa.string()),
        ("base_size", pa.int64()),
        ("matched", pa.int64()),
        ("dispositions", pa.string()),
    ]
)


@dataclass(frozen=True)
class Verdict:
    """Whether an audience's candidates may become members.

    Attributes:
        audience: The audience.
        verdict: `hold` leaves the members as they were the day before.
        reason: Why it is held, in words; none when it passes.
        measures: The numbers it was judged by.
    """

    audience: str
    verdict: Literal["pass", "hold"]
    reason: str | None
    measures: Measures

    @property
    def base_size(self) -> int:
        """Customers the audience's rule was asked of."""
        return self.measures.base_size

    @property
    def matched(self) -> int:
        """Customers its rule holds for."""
        return self.measures.matched


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
    compiled = {d.audience: d for d in definitions if d.is_compiled}
    with open_warehouse(warehouse) as connection:
        measured = measure(connection, as_of, list(compiled.values()))
        with open_checker(connection, SCHEMA, as_of) as checker:
            verdicts = [_judge(compiled[each.audience], each, checker) for each in measured]
    write_day(state_dir, "gate_verdicts", as_of, _rows(verdicts))
    return verdicts


def _judge(definition: Definition, measures: Measures, checker: Checker) -> Verdict:
    outcomes = checker.run(definition.audience, suite_for(definition, measures, checker.as_of))
    reasons = [
        outcome.meta["reason"] if outcome.was_evaluated else "it could not be judged"
        for outcome in outcomes
        if not outcome.passed
    ]
    return Verdict(
        audience=definition.audience,
        verdict="hold" if reasons else "pass",
        reason="; ".join(dict.fromkeys(reasons)) or None,
        measures=measures,
    )


def _rows(verdicts: Sequence[Verdict]) -> pa.Table:
    return pa.Table.from_pylist(
        [
            {
                "audience": each.audience,
                "verdict": each.verdict,
                "reason": each.reason,
                "base_size": each.base_size,
                "matched": each.matched,
                "dispositions": json.dumps(each.measures.dispositions),
            }
            for each in verdicts
        ],
        schema=_LEDGER,
    )
