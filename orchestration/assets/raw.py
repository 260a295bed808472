"""The raw tables: one asset each, with the check of the raw contract; too many broken rows stop the run.

Who asked to be forgotten is forgotten first, so that no later step reads them.
"""

from collections.abc import Iterator

import dagster as dg

from orchestration.assets.reports import PULLED
from orchestration.border.check import check_raw
from orchestration.border.contract import load_contract
from orchestration.border.result import CheckResult, TableResult, stop_if_broken
from orchestration.erasure_requests import honour_requests
from orchestration.failures import as_failure
from orchestration.progress import say
from orchestration.run_settings import RunSettings


def build_raw_asset() -> dg.AssetsDefinition:
    """The assets `[raw, table]`, each with the check `contract`."""
    keys = {table.name: dg.AssetKey(["raw", table.name]) for table in load_contract()}
    pulled = {table.name: [PULLED] for table in load_contract() if table.has_ledger}

    @dg.multi_asset(
        name="raw_tables",
        specs=[
            dg.AssetSpec(key, deps=pulled.get(name), group_name="raw") for name, key in keys.items()
        ],
        check_specs=[dg.AssetCheckSpec("contract", asset=key) for key in keys.values()],
    )
    def raw_tables(
        context: dg.AssetExecutionContext, run_settings: RunSettings
    ) -> Iterator[dg.MaterializeResult[None]]:
        settings = run_settings.load(context)
        with as_failure():
            if forgotten := honour_requests(settings):
                say(f"erasures: {forgotten} people forgotten")
            result = check_raw(settings)
            say(_summary(result))
            stop_if_broken(result)
        for table in result.tables:
            key = keys[table.table]
            yield dg.MaterializeResult(asset_key=key, check_results=[_verdict(key, table)])
        for name in result.absent:
            key = keys[name]
            yield dg.MaterializeResult(asset_key=key, check_results=[_absent(key)])

    return raw_tables


def _absent(key: dg.AssetKey) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=key, check_name="contract", passed=True, description="absent, so empty"
    )


def _verdict(key: dg.AssetKey, table: TableResult) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=key,
        check_name="contract",
        passed=table.passed,
        metadata={
            "rows": table.rows,
            "bad_rows": table.bad_rows,
            "duplicate_rows": table.duplicate_rows,
            "bad_row_share": table.bad_row_share,
            "faults": {f"{fault.reason} {fault.column}": fault.rows for fault in table.faults},
            "unknown_columns": list(table.unknown_columns),
        },
    )


def _summary(result: CheckResult) -> str:
    rows = sum(table.rows for table in result.tables)
    bad = sum(table.bad_rows for table in result.tables)
    return f"source checks: {len(result.tables)} raw tables, {rows:,} rows, {bad:,} broken"
