"""What the tools report back, pulled for this installation: the warehouse says who has an address."""

from collections.abc import Collection, Iterable

import duckdb

from audiences.errors import WorkError
from orchestration import dbt
from orchestration.forget import ask
from orchestration.settings import Settings
from orchestration.sync_context import sync_context
from reverse_etl.reports.people import FindPeople
from reverse_etl.reports.pull import Pulled, pull_reports
from reverse_etl.spec import Sync


def pull(settings: Settings, syncs: Iterable[Sync]) -> list[Pulled]:
    """Pull from the accounts and folders of the active ones of some syncs into the state folder."""
    active = [sync for sync in syncs if sync.is_active]
    return pull_reports(active, sync_context(settings), people_of(settings))


def people_of(settings: Settings) -> FindPeople:
    """Finds people by address, as of the last run; nobody while there was none."""

    def find(kind: str, addresses: Collection[str]) -> Iterable[tuple[str, str]]:
        if not settings.warehouse.is_file():
            return []
        try:
            with duckdb.connect(str(settings.warehouse), read_only=True) as warehouse:
                return warehouse.execute(_PEOPLE[kind], [list(addresses)]).fetchall()
        except duckdb.CatalogException:
            return []
        except duckdb.IOException:
            raise WorkError(
                f"{settings.warehouse.name} is being written by another process",
                "pull again when that run has ended",
            ) from None

    return find


def show_to_the_warehouse(settings: Settings) -> None:
    """Let the warehouse's view see the first file that was pulled; later ones it sees by itself.

    Raises:
        WorkError: The warehouse is being written, or dbt could not refresh the views.
    """
    if settings.warehouse.is_file() and not ask(settings, _IS_SEEN, [(False,)])[0][0]:
        dbt.run_operation(settings, "register_raw_views")


def line(pulled: Pulled) -> str:
    """What a source reported, in counts."""
    if pulled.problem is not None:
        return f"warning: reports of {pulled.source} were not pulled: {pulled.problem}"
    unplaced = ", ".join(f"{count} {reason}" for reason, count in pulled.unplaced.items())
    left = f"; not kept: {unplaced}" if unplaced else ""
    return f"reports of {pulled.source}: {pulled.new} new, {pulled.repeated} known before{left}"


# Spelt as macros/addresses.sql has it.
_PEOPLE = {
    "email": """
        select lower(trim(email)), customer_id from staging.stg_shop__customers
        where lower(trim(email)) in (select unnest($1))
    """,
    "phone": """
        select trim(phone), customer_id from staging.stg_shop__customers
        where trim(phone) in (select unnest($1))
    """,
}
_IS_SEEN = """
select coalesce(bool_or(contains(sql, 'message_events/as_of=')), false) from duckdb_views()
where schema_name = 'raw' and view_name = 'message_events'
"""
