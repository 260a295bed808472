"""The file of a sync's ledger: opened by one run at a time, and written anew when people were taken out of it."""

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from audiences.erasures import load_forgotten
from audiences.errors import WorkError
from audiences.unfinished import beside
from reverse_etl.ledger import Ledger
from reverse_etl.ledger_sql import PEOPLE, SCHEMA
from reverse_etl.payload import literal

_MEMORY = "700MB"  # of the database; what does not fit is kept beside the ledger meanwhile

_busy: set[Path] = set()
_busy_guard = threading.Lock()


def ledger_path(state_dir: Path, sync: str) -> Path:
    """Where a sync's ledger is."""
    return state_dir / "ledgers" / f"{sync}.duckdb"


@contextmanager
def open_ledger(state_dir: Path, sync: str, read_only: bool = False) -> Iterator[Ledger]:
    """Open a sync's ledger; the file's lock admits one run at a time.

    The temporary table `forgotten` holds the people of the ledger who were forgotten.

    Raises:
        WorkError: Another run of the sync is active.
    """
    path = ledger_path(state_dir, sync)
    path.parent.mkdir(parents=True, exist_ok=True)
    with _alone(path, sync):
        try:
            connection = duckdb.connect(str(path), read_only=read_only)
        except duckdb.IOException:
            raise _is_running(sync) from None
        try:
            connection.execute("set TimeZone = 'UTC'")
            connection.execute("set preserve_insertion_order = false")
            connection.execute(f"set memory_limit = '{_MEMORY}'")
            if not read_only:
                # What a killed run had beside the ledger may name people.
                shutil.rmtree(path.with_name(f"{path.name}.tmp"), ignore_errors=True)
                connection.execute(SCHEMA)
            load_forgotten(connection, state_dir, PEOPLE)
            yield Ledger(connection)
            is_due = not read_only and _is_rewrite_due(connection)
        finally:
            connection.close()
        if is_due:
            _rewrite(path)


@contextmanager
def _alone(path: Path, sync: str) -> Iterator[None]:
    """Threads of one process share a DuckDB file, so its lock does not part them."""
    with _busy_guard:
        if path in _busy:
            raise _is_running(sync)
        _busy.add(path)
    try:
        yield
    finally:
        with _busy_guard:
            _busy.discard(path)


def _is_rewrite_due(connection: duckdb.DuckDBPyConnection) -> bool:
    """Asked on a cursor of its own, for a run that broke off may have left a result unread."""
    with connection.cursor() as cursor:
        return bool(cursor.execute("from rewrites").fetchall())


def _rewrite(path: Path) -> None:
    """Write the file anew, for freed blocks keep the bytes of rows that are gone; it takes its place by one rename."""
    unfinished = beside(path)
    unfinished.unlink(missing_ok=True)
    with duckdb.connect() as connection:
        try:
            connection.execute(f"attach {literal(str(path))} as old")
        except duckdb.IOException:
            return  # another run has it; the rewrite stays due
        connection.execute(f"checkpoint old; attach {literal(str(unfinished))} as fresh")
        connection.execute("copy from database old to fresh; delete from fresh.rewrites")
        connection.execute("checkpoint fresh; detach fresh")
        os.replace(unfinished, path)
        connection.execute("detach old")


def _is_running(sync: str) -> WorkError:
    return WorkError(f"sync {sync}: another run of it is active", "wait until that run has ended")
