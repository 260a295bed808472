"""Writes what a run decided to the state folder (design law 8)."""

from datetime import date

import duckdb
import pyarrow as pa

from audiences.state import write_day
from orchestration.settings import Settings

# A membership is written again when anything of it changed, such as the end of being withheld. Waits have a row without
# a person for each audience that counts them, for a run in which nobody waits ends every wait.
DECIDED_TODAY = {
    "assignments": """
        select experiment, phase, customer_id, arm, slot, is_delivered, assigned_at
        from audiences.audience_assignments
        where assigned_at = cast($as_of as timestamp)
        order by experiment, phase, customer_id
    """,
    "memberships": """
        select audience, customer_id, entry_seq, entered_at, exited_at, exit_reason, arm, is_delivered,
            offer_id, offer_until
        from audiences.audience_memberships
        except
        select audience, customer_id, entry_seq, entered_at, exited_at, exit_reason, arm, is_delivered,
            offer_id, offer_until
        from staging.stg_state__memberships
        order by audience, customer_id, entry_seq
    """,
    "waits": """
        select audience, customer_id, matched_days
        from audiences.audience_waits
        union all
        select audience, null, 0
        from audiences.audience_settings
        where min_match_days is not null
        order by audience, customer_id
    """,
}


def export_ledgers(settings: Settings) -> dict[str, int]:
    """Write what was decided on the as-of day, and who waits; a rerun of the day replaces it.

    Returns:
        Rows written per ledger.
    """
    with duckdb.connect(str(settings.warehouse), read_only=True) as warehouse:
        rows = decided(warehouse, settings.as_of)
    for ledger, table in rows.items():
        write_day(settings.state_dir, ledger, settings.as_of, table)
    return {ledger: table.num_rows for ledger, table in rows.items()}


def decided(warehouse: duckdb.DuckDBPyConnection, as_of: date) -> dict[str, pa.Table]:
    """The rows of each ledger that a run of the as-of day adds to those of the days before."""
    return {
        ledger: warehouse.sql(
            query, params={"as_of": as_of} if "$as_of" in query else None
        ).to_arrow_table()
        for ledger, query in DECIDED_TODAY.items()
    }
