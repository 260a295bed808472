"""What a test asks of a receiver and of the receipts."""

from dataclasses import replace
from typing import Any

import duckdb

from reverse_etl.context import SyncContext
from reverse_etl.simulators.webhook import WebhookSimulator
from reverse_etl.spec import Sync

RECEIPT_COLUMNS = {
    "sync": "VARCHAR",
    "audience": "VARCHAR",
    "destination": "VARCHAR",
    "run_id": "VARCHAR",
    "batch_id": "VARCHAR",
    "customer_id": "VARCHAR",
    "entry_seq": "BIGINT",
    "operation": "VARCHAR",
    "status": "VARCHAR",
    "reason": "VARCHAR",
    "attempts": "BIGINT",
    "finished_at": "TIMESTAMP",
}


def held_ids(receiver: WebhookSimulator) -> set[str]:
    return {key for _, key in receiver.members}


def receipts(context: SyncContext, columns: str = "*") -> list[tuple[Any, ...]]:
    files = context.state_dir / "receipts" / "as_of=*" / "*.parquet"
    with duckdb.connect() as connection:
        sql = f"select {columns} from read_parquet('{files}') order by run_id, customer_id"
        return connection.execute(sql).fetchall()


def run_records(context: SyncContext, columns: str = "*") -> list[tuple[Any, ...]]:
    files = context.state_dir / "sync_runs" / "as_of=*" / "*.parquet"
    with duckdb.connect() as connection:
        sql = f"select {columns} from read_parquet('{files}') order by run_id"
        return connection.execute(sql).fetchall()


def with_breakers(sync: Sync, **values: Any) -> Sync:
    return replace(sync, breakers=replace(sync.breakers, **values))
