"""The gate between candidates and memberships: one asset and one check an audience."""

from collections.abc import Iterator

import dagster as dg

from audiences.gate import Verdict, judge
from audiences.loader import load_definitions
from orchestration.failures import as_failure
from orchestration.progress import say
from orchestration.run_settings import RunSettings
from orchestration.settings import DEFINITIONS

CANDIDATES = dg.AssetKey(["audiences", "audience_dispositions"])


def build_gate_asset(audiences: list[str]) -> dg.AssetsDefinition:
    """The verdict on each audience, as the check `may_leave` of the asset `[gate, audience]`."""
    keys = {audience: dg.AssetKey(["gate", audience]) for audience in audiences}

    @dg.multi_asset(
        name="gate",
        specs=[dg.AssetSpec(key, deps=[CANDIDATES], group_name="gate") for key in keys.values()],
        check_specs=[dg.AssetCheckSpec("may_leave", asset=key) for key in keys.values()],
    )
    def gate(
        context: dg.AssetExecutionContext, run_settings: RunSettings
    ) -> Iterator[dg.MaterializeResult[None]]:
        settings = run_settings.load(context)
        with as_failure():
            verdicts = judge(
                settings.warehouse,
                settings.state_dir,
                settings.as_of,
                load_definitions(DEFINITIONS),
            )
        passed = sum(verdict.verdict == "pass" for verdict in verdicts)
        say(f"gate: {passed} of {len(verdicts)} audiences pass")
        for verdict in verdicts:
            check = dg.AssetCheckResult(
                asset_key=keys[verdict.audience],
                check_name="may_leave",
                passed=verdict.verdict == "pass",
                description=verdict.reason or "",
                metadata={
                    "matched": verdict.measures.matched,
                    "base_size": verdict.measures.base_size,
                },
            )
            if verdict.breaches:
                say(_line(verdict))
            yield dg.MaterializeResult(asset_key=keys[verdict.audience], check_results=[check])

    return gate


def _line(verdict: Verdict) -> str:
    """Why an audience is held and what may be done about it, or what was accepted."""
    name, measures = verdict.audience, verdict.measures
    counts = f"({measures.matched:,} of {measures.base_size:,} match)"
    if verdict.verdict == "pass":
        return f"gate: {name} passes {counts}, {verdict.reason}"
    fix = f"; if that is right: `perennial audiences accept {name}`"
    return f"gate: {name} is held {counts}: {verdict.reason}{fix if verdict.is_acceptable else ''}"
