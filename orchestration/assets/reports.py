"""What the tools report back, pulled before the raw tables are read. A pull that fails is said, and stops no run."""

import dagster as dg

from orchestration.progress import say
from orchestration.reports import line, pull
from orchestration.run_settings import RunSettings
from orchestration.settings import SYNCS
from reverse_etl.loader import load_syncs

PULLED = dg.AssetKey(["state", "message_events"])


def build_reports_asset() -> dg.AssetsDefinition:
    """The asset `[state, message_events]`."""

    @dg.asset(key=PULLED, group_name="state")
    def message_events(
        context: dg.AssetExecutionContext, run_settings: RunSettings
    ) -> dg.MaterializeResult[None]:
        pulled = pull(run_settings.load(context), load_syncs(SYNCS).values())
        for each in pulled:
            say(line(each))
        return dg.MaterializeResult(
            metadata={
                "read": sum(each.read for each in pulled),
                "new": sum(each.new for each in pulled),
                "not_placed": sum(sum(each.unplaced.values()) for each in pulled),
                "not_pulled": sum(each.problem is not None for each in pulled),
            }
        )

    return message_events
