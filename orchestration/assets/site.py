"""The dashboards, built from published aggregates."""

import dagster as dg

from dashboards.publish import publish
from dashboards.site import build_site
from orchestration.assets.ledgers import EXPORTED
from orchestration.run_settings import RunSettings

REPORTS = [
    ["lifecycle", "rpt_stage_mix"],
    ["lifecycle", "rpt_growth_accounting"],
    ["lifecycle", "rpt_cohort_retention"],
    ["feedback", "rpt_nps"],
]


def build_site_asset() -> dg.AssetsDefinition:
    """The asset `[dashboards, site]`; it waits for the ledgers, so that nothing writes the warehouse while it reads."""

    @dg.asset(key=["dashboards", "site"], deps=[*REPORTS, *EXPORTED], group_name="dashboards")
    def site(
        context: dg.AssetExecutionContext, run_settings: RunSettings
    ) -> dg.MaterializeResult[None]:
        settings = run_settings.load(context)
        publish(settings.warehouse, settings.site_dir, settings.as_of)
        page = build_site(settings.site_dir)
        return dg.MaterializeResult(metadata={"page": dg.MetadataValue.path(page)})

    return site
