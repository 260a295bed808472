"""How many people audiences share: every pair, the empty ones too, counted in one query."""

from pathlib import Path
from typing import Any

from audiences.warehouse import open_warehouse, records

PAIRS = """
    with members as (
        select audience, customer_id from audiences.audience_memberships where exited_at is null
    ),
    sizes as (
        select settings.audience, count(members.customer_id) as people
        from audiences.audience_settings as settings
        left join members on settings.audience = members.audience
        group by settings.audience
    ),
    shared as (
        select first.audience, second.audience as other, count(*) as people
        from members as first
        inner join members as second
            on first.customer_id = second.customer_id and first.audience < second.audience
        group by first.audience, second.audience
    )
    select
        if(second.audience = $of, second.audience, first.audience) as audience,
        if(second.audience = $of, first.audience, second.audience) as other,
        if(second.audience = $of, second.people, first.people) as people,
        if(second.audience = $of, first.people, second.people) as other_people,
        coalesce(shared.people, 0) as in_both,
        shared.people / nullif(least(first.people, second.people), 0) as share_of_smaller
    from sizes as first
    inner join sizes as second on first.audience < second.audience
    left join shared on shared.audience = first.audience and shared.other = second.audience
    where $of is null or $of in (first.audience, second.audience)
    order by in_both desc, share_of_smaller desc nulls last, audience, other
"""


def overlap(warehouse: Path, of: str | None = None) -> list[dict[str, Any]]:
    """Every pair of audiences with the people in both now, delivered or withheld, most first.

    Args:
        warehouse: The warehouse file.
        of: Only pairs with this audience, which then stands first.

    Raises:
        WorkError: There is no warehouse, or it holds no audiences yet.
    """
    with open_warehouse(warehouse) as connection:
        return records(connection, PAIRS, {"of": of})
