"""What the last run saw that its audiences can live with, and somebody should look into: warnings."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from audiences.language.columns import Finding
from audiences.spec import Definition
from audiences.warehouse import has_table, open_warehouse, records

Found = Iterator[tuple[str, Finding]]


def check_last_run(definitions: Iterable[Definition], warehouse: Path) -> Found:
    """Arms that are not split as planned, addresses in two arms, time zones that are none.

    Args:
        definitions: Sound definitions.
        warehouse: The warehouse; without one nothing was seen.
    """
    if not warehouse.is_file():
        return
    with open_warehouse(warehouse) as connection:
        campaigns, invalid = (
            {row["name"]: row for row in records(connection, query)}
            if has_table(connection, *table)
            else {}
            for query, table in (
                (CAMPAIGNS, ("campaigns", "rpt_campaign_lift")),
                (INVALID_ZONES, ("audiences", "audience_fallback_counts")),
            )
        )
    for one in definitions:
        if one.experiment is not None:
            campaign = f"{one.experiment.key}:{one.experiment.phase}"
            yield from _check_campaign(one.audience, campaigns.get(campaign))
        if one.audience in invalid:
            rule = f"{invalid[one.audience]['members']:,} members have a time zone that is none, so the next is taken"
            fix = "correct the column timezone of the raw table customers"
            yield one.audience, ("AUD306", ("contact", "send_window"), rule, fix)


def _check_campaign(audience: str, campaign: dict[str, Any] | None) -> Found:
    if campaign is None:
        return
    if campaign["is_withheld"]:
        rule = f"arms are not split as planned (p = {campaign['p_value']:.2g}), so the lift is withheld"
        fix = "find out who got lost, mend it and begin the next `phase`"
        yield audience, ("AUD303", ("experiment", "arms"), rule, fix)
    if campaign["arm_conflicts"]:
        rule = (
            f"{campaign['arm_conflicts']:,} people share an address across arms; they are sent nothing new"
            " and left out of the lift"
        )
        fix = "merge the profiles of one person in the raw table customers"
        yield audience, ("AUD304", ("experiment", "arms"), rule, fix)


CAMPAIGNS = """
    select
        campaign_id as name, bool_or(verdict = 'withheld') as is_withheld,
        max(srm_p_value) as p_value, max(arm_conflicts) as arm_conflicts
    from campaigns.rpt_campaign_lift group by campaign_id
"""
INVALID_ZONES = """
    select audience as name, members from audiences.audience_fallback_counts
    where fact = 'time_zone' and step = 'invalid'
"""
