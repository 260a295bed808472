"""One asset a dbt model, in two phases around the gate; dbt tests are their asset checks."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtCliResource, dbt_assets

from orchestration.dbt import AFTER_GATE
from orchestration.progress import dbt_output
from orchestration.run_settings import RunSettings


class LayerTranslator(DagsterDbtTranslator):
    """Names an asset `[layer, name]`, where the layer is the schema, and groups assets by layer."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """The asset key of a model, seed or source."""
        name = dbt_resource_props.get("alias") or dbt_resource_props["identifier"]
        return dg.AssetKey([dbt_resource_props["schema"], name])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """The layer."""
        return str(dbt_resource_props["schema"])


def build_model_assets(manifest: Path) -> list[dg.AssetsDefinition]:
    """The models up to the gate, and those after it.

    Args:
        manifest: dbt's manifest.json.
    """

    @dbt_assets(
        manifest=manifest,
        name="models_before_gate",
        select="fqn:*",
        exclude=AFTER_GATE,
        dagster_dbt_translator=LayerTranslator(),
    )
    def before_gate(
        context: dg.AssetExecutionContext, dbt: DbtCliResource, run_settings: RunSettings
    ) -> Iterator[Any]:
        yield from _build("models before the gate", context, dbt, run_settings)

    @dbt_assets(
        manifest=manifest,
        name="models_after_gate",
        select=AFTER_GATE,
        dagster_dbt_translator=LayerTranslator(),
    )
    def after_gate(
        context: dg.AssetExecutionContext, dbt: DbtCliResource, run_settings: RunSettings
    ) -> Iterator[Any]:
        yield from _build("models after the gate", context, dbt, run_settings)

    return [before_gate, after_gate]


def _build(
    title: str, context: dg.AssetExecutionContext, dbt: DbtCliResource, run_settings: RunSettings
) -> Iterator[Any]:
    settings = run_settings.load(context)
    settings.warehouse.parent.mkdir(parents=True, exist_ok=True)
    os.environ.update(settings.environment())
    # Unit tests prove the SQL, not the data: `make test` runs them, the daily run does not.
    arguments = ["build", "--exclude-resource-type", "unit_test"]
    if run_settings.full_refresh:
        arguments.append("--full-refresh")
    with dbt_output(title):
        yield from dbt.cli(arguments, context=context).stream()
