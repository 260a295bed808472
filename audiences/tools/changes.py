"""Who came into an audience and who left it since a day, and why; days without a run are told apart from quiet ones."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from audiences.errors import InputError, WorkError
from audiences.tools.masked import masked
from audiences.warehouse import RUN_FIRST, open_warehouse, records


@dataclass(frozen=True)
class Changes:
    """What changed after the end of a day; size_then + entered - left = size_now.

    Attributes:
        reasons: Why people came (`first entry` or `came back`) and left (the exit reasons), with how many.
        people: Some of them, masked.
    """

    audience: str
    since: date
    as_of_date: date
    size_then: int
    entered: int
    left: int
    size_now: int
    reasons: list[dict[str, Any]]
    people: list[dict[str, Any]]


def changes(warehouse: Path, audience: str, since: date, rows: int = 0) -> Changes:
    """Who entered and left after the end of a day, delivered and withheld alike.

    Args:
        warehouse: The warehouse file.
        audience: Name of the audience.
        since: The day before the first that counts.
        rows: How many people to show, masked, the latest first.

    Raises:
        InputError: The day is after the last run.
        WorkError: There is no warehouse, nobody was ever in the audience, or no customer is left.
    """
    asked = {"audience": audience, "since": since}
    with open_warehouse(warehouse) as connection:
        [summed] = records(connection, SUMMED, asked)
        reasons = records(connection, f"{MOVES} {REASONS}", asked)
        people = records(connection, f"{MOVES} {PEOPLE}", {**asked, "rows": rows})
    if not summed.pop("entries"):
        raise WorkError(f"nobody was ever in {audience}", RUN_FIRST)
    if summed["as_of_date"] is None:
        raise WorkError("the warehouse has no customers any more", RUN_FIRST)
    if since > summed["as_of_date"]:
        fix = f"name a day before {summed['as_of_date']}"
        raise InputError(f"{since} is after the last run", fix)
    return Changes(audience=audience, since=since, reasons=reasons, people=people, **summed)


SUMMED = """
    select
        (select max(as_of_date) from activation.customer_traits) as as_of_date,
        count(*) as entries,
        count(*) filter (where entered_on <= $since and (left_on is null or left_on > $since)) as size_then,
        count(*) filter (where entered_on > $since) as entered,
        count(*) filter (where left_on > $since) as "left",
        count(*) filter (where left_on is null) as size_now
    from (
        select cast(entered_at as date) as entered_on, cast(exited_at as date) as left_on
        from audiences.audience_memberships where audience = $audience
    )
"""
MOVES = """
    with memberships as (
        select
            *, cast(entered_at as date) as entered_on, cast(exited_at as date) as left_on
        from audiences.audience_memberships where audience = $audience
    ),
    moves as (
        select
            entered_on as day, 'entered' as what, if(entry_seq = 1, 'first entry', 'came back') as why,
            arm, is_delivered, customer_id
        from memberships where entered_on > $since
        union all
        select left_on as day, 'left' as what, exit_reason as why, arm, is_delivered, customer_id
        from memberships where left_on > $since
    )
"""
REASONS = """
    select
        what, why, count(*) as people,
        count(*) filter (where is_delivered) as delivered, count(*) filter (where not is_delivered) as withheld
    from moves group by what, why order by what, people desc, why
"""
PEOPLE = f"""
    select day, what, why, arm, is_delivered, {masked("customer_id")} as customer_id
    from moves order by day desc, what, md5(customer_id), customer_id limit $rows
"""
