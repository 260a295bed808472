"""Writes what a run decided to the state folder (design law 8)."""

import duckdb

from audiences.state import write_day
from orchestration.settings import Settings

DECIDED_TODAY = {
    "assignments": """
        select experiment, phase, customer_id, arm, slot, assigned_at
        from audiences.audience_assignments
        where assigned_at = cast(? as timestamp)
        order by experiment, phase, customer_id
    """,
    "memberships": """
        select audience, customer_id, entry_seq, entered_at, exited_at, exit_reason, arm, is_delivered,
            offer_id, offer_until
        from audiences.audience_memberships
        where ? in (cast(entered_at as date), cast(exited_at as date))
        order by audience, customer_id, entry_seq
    """,
    "waits": """
        select audience, customer_id, matched_days, matched_since
        from audiences.audience_waits
        where matched_since <= ?
        order by audience, customer_id
    """,
}


def export_ledgers(settings: Settings) -> dict[str, int]:
    """Write what was decided on the as-of day, and who waits; a rerun of the day replaces it.

    Returns:
        Rows written per ledger.
    """
    with duckdb.connect(str(settings.warehouse), read_only=True) as warehouse:
        rows = {
            ledger: warehouse.sql(query, params=[settings.as_of]).to_arrow_table()
            for ledger, query in DECIDED_TODAY.items()
        }
    for ledger, table in rows.items():
        write_day(settings.state_dir, ledger, settings.as_of, table)
    return {ledger: table.num_rows for ledger, table in rows.items()}
