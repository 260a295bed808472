"""`perennial audiences test`: the fixture people of the definitions, without the warehouse."""

from typing import TYPE_CHECKING, Annotated, Any

import click
import typer

from orchestration.cli.output import print_json

if TYPE_CHECKING:
    from audiences.spec import Definition
    from audiences.tools.trial import Outcome


def run_fixtures(
    name: Annotated[
        str | None, typer.Argument(help="Name of the audience; all when left out.", metavar="NAME")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Run the tests of the definitions: invented people through the compiled models."""
    from audiences.loader import load_holdout
    from audiences.tools.trial import run_tests
    from orchestration.compile import audience_language, compile_audiences
    from orchestration.rendering import render_models
    from orchestration.settings import DEFINITIONS, load_settings

    chosen = _chosen(name)
    compile_audiences()
    tried = [one for one in chosen if one.is_evaluated]
    models = render_models(load_settings()) if any(one.tests for one in tried) else None
    traits, holdout = audience_language().written_traits, load_holdout(DEFINITIONS)
    outcomes = list(run_tests(tried, models, traits, holdout)) if models else []
    failed = [outcome for outcome in outcomes if not outcome.passed]
    if as_json:
        print_json({"passed": len(outcomes) - len(failed), "tests": list(map(_as_json, outcomes))})
    else:
        _report(outcomes, chosen)
    if failed:
        raise typer.Exit(1)


def _chosen(name: str | None) -> "list[Definition]":
    from audiences.loader import load_definitions
    from orchestration.compile import audience_language
    from orchestration.names import definition_of
    from orchestration.settings import DEFINITIONS

    return [definition_of(name)] if name else load_definitions(DEFINITIONS, audience_language())


def _report(outcomes: "list[Outcome]", chosen: "list[Definition]") -> None:
    for outcome in outcomes:
        if not outcome.passed:
            click.echo(f"error: {outcome.problem}", err=True)
            click.echo(f"fix:   {outcome.fix}", err=True)
    failed = sum(not outcome.passed for outcome in outcomes)
    click.echo(f"{len(outcomes) - failed} tests passed, {failed} failed")
    for one in chosen:
        if one.tests and not one.is_evaluated:
            click.echo(f"{one.audience}: a {one.status} audience is not compiled, its tests wait")
    if untested := [one.audience for one in chosen if one.is_evaluated and not one.tests]:
        click.echo(f"without tests: {', '.join(untested)}")


def _as_json(outcome: "Outcome") -> dict[str, Any]:
    return {
        "audience": outcome.audience,
        "test": outcome.test,
        "passed": outcome.passed,
        "expected": {"disposition": outcome.expected.disposition, "arm": outcome.expected.arm},
        "got": {"disposition": outcome.disposition, "arm": outcome.arm},
        "decided_by": outcome.decided_by,
    }
