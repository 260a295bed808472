"""The state folder's share of the run, written once the memberships are decided."""

from collections.abc import Iterator

import dagster as dg

from orchestration.ledgers import DECIDED_TODAY, export_ledgers
from orchestration.run_settings import RunSettings

EXPORTED = [dg.AssetKey(["state", ledger]) for ledger in DECIDED_TODAY]


def build_ledgers_asset() -> dg.AssetsDefinition:
    """One asset a ledger, `[state, ledger]`."""

    @dg.multi_asset(
        name="ledgers",
        specs=[
            dg.AssetSpec(
                ["state", ledger], deps=[["audiences", f"audience_{ledger}"]], group_name="state"
            )
            for ledger in DECIDED_TODAY
        ],
    )
    def ledgers(
        context: dg.AssetExecutionContext, run_settings: RunSettings
    ) -> Iterator[dg.MaterializeResult[None]]:
        for ledger, rows in export_ledgers(run_settings.load(context)).items():
            yield dg.MaterializeResult(asset_key=["state", ledger], metadata={"rows": rows})

    return ledgers
