"""Why one person is in an audience or not: every condition, every gate, and what came of it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import duckdb

from audiences.dispositions import NOT_MATCHED
from audiences.language.columns import Traits
from audiences.spec import Definition
from audiences.tools.condition_tree import Asker, Node, first_against
from audiences.tools.gates import Decisions, Gate, walk_gates
from audiences.warehouse import has_table


@dataclass(frozen=True)
class Membership:
    """The person's latest entry into the audience."""

    entry_seq: int
    entered_at: datetime
    exited_at: datetime | None
    exit_reason: str | None
    arm: str | None
    is_delivered: bool


@dataclass(frozen=True)
class Explanation:
    """What the last run made of one person.

    Attributes:
        absence: Why the person is not asked at all; none for a customer of the base.
        match: The rule; none for who is not asked.
        exclude: The exclusion; none without one.
        gates: The gates in order; none for who does not match.
        disposition: What became of the person; none where the last run did not know the audience.
        is_standing: Whether the person was in the audience the day before.
    """

    audience: str
    customer_id: str
    as_of_date: date
    absence: str | None
    match: Node | None
    exclude: Node | None
    gates: list[Gate]
    disposition: str | None
    arm: str | None
    is_standing: bool
    membership: Membership | None

    @property
    def is_outdated(self) -> bool:
        """Whether the definition says something else now than it did in the last run."""
        if self.match is None or self.disposition is None:
            return False
        return self.match.holds is (self.disposition == NOT_MATCHED)

    @property
    def decided_by(self) -> str:
        """The first rule that decided, in words."""
        if self.absence or self.match is None:
            return self.absence or ""
        if not self.match.holds:
            return _said(first_against(self.match))
        if self.disposition == "excluded" and self.exclude:
            return f"exclude: {_said(first_against(self.exclude, wanted=False))}"
        stopped = next((gate for gate in self.gates if gate.verdict == "stopped"), None)
        return f"{stopped.gate}: {stopped.saw}" if stopped else "nothing stopped the person"


def explain(
    connection: duckdb.DuckDBPyConnection, one: Definition, traits: Traits, customer_id: str
) -> Explanation:
    """What the last run made of a person, read from the models it built.

    Args:
        connection: The warehouse.
        one: The audience, compiled when the warehouse was built.
        traits: The columns of customer_traits.
        customer_id: The person.
    """
    [as_of] = _row(connection, "select max(as_of_date) from activation.customer_traits")
    absence = _absence(connection, customer_id)
    decisions = Decisions(connection, one.audience, customer_id)
    stays = decisions.query(MEMBERSHIPS) if has_table(connection, "audiences", STAYS) else []
    membership = Membership(**stays[0]) if stays else None
    is_standing = bool(decisions.query(STANDING))
    is_known = bool(decisions.settings())
    if absence:
        return Explanation(
            one.audience,
            customer_id,
            as_of,
            absence,
            None,
            None,
            [],
            None,
            None,
            is_standing,
            membership,
        )
    asker = Asker(connection, traits, customer_id, as_of)
    disposed = decisions.row("audience_dispositions")
    return Explanation(
        audience=one.audience,
        customer_id=customer_id,
        as_of_date=as_of,
        absence=None,
        match=asker.ask(one.match),
        exclude=asker.ask(one.exclude) if one.exclude is not None else None,
        gates=walk_gates(decisions, is_standing) if disposed else [],
        disposition=disposed.get("disposition", NOT_MATCHED if is_known else None),
        arm=disposed.get("arm"),
        is_standing=is_standing,
        membership=membership,
    )


STAYS = "audience_memberships"
MEMBERSHIPS = f"""
    select entry_seq, entered_at, exited_at, exit_reason, arm, is_delivered
    from audiences.{STAYS} where audience = ? and customer_id = ? order by entry_seq desc limit 1
"""
STANDING = """
    select 1 from staging.stg_state__memberships
    where audience = ? and customer_id = ? and exited_at is null
"""


def _absence(connection: duckdb.DuckDBPyConnection, customer_id: str) -> str | None:
    """Why a person is not in the base: erased, deleted or never known."""
    [is_known] = _row(
        connection,
        "select count(*) from activation.customer_traits where customer_id = ?",
        customer_id,
    )
    if is_known:
        return None
    if has_table(connection, "core", "dim_customers"):
        found = connection.execute(
            "select is_erased from core.dim_customers where customer_id = ?", [customer_id]
        ).fetchone()
        if found:
            return "has been erased" if found[0] else "has been deleted in the shop"
    return "is not known"


def _said(node: Node) -> str:
    saw = ", ".join(f"{name} {shown(value)}" for name, value in node.saw.items())
    return f"{node.asked}: {node.verdict}" + (f" ({saw})" if saw else "")


def shown(value: Any) -> str:
    """A value as people read it."""
    if value is None:
        return "missing"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _row(connection: duckdb.DuckDBPyConnection, query: str, *parameters: Any) -> tuple[Any, ...]:
    row = connection.execute(query, list(parameters)).fetchone()
    return row if row is not None else (None,)
