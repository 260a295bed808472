"""`perennial audiences`: the commands on definitions; those on what a run made of them are in the modules beside it."""

from dataclasses import asdict
from typing import Annotated

import click
import typer

from orchestration.cli import audience_people, audience_reports, audience_tests
from orchestration.cli.accept import accept
from orchestration.cli.output import print_json

FEW = 3  # warnings shown for all audiences together

app = typer.Typer(no_args_is_help=True, help="The audience tools.")

Name = Annotated[str, typer.Argument(help="Name of the audience.", metavar="NAME")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@app.command()
def new(
    name: Name,
    purpose: Annotated[str, typer.Option(help="Consent purpose.")] = "marketing_promotions",
) -> None:
    """Write a new definition to begin with: valid, commented, a draft."""
    from audiences.errors import InputError
    from audiences.language.blocks import nearest
    from audiences.language.starter import write_start
    from orchestration.compile import audience_language
    from orchestration.settings import DEFINITIONS

    purposes = audience_language().purposes
    if purpose not in purposes:
        raise InputError(f"'{purpose}' is not a declared purpose", nearest(purpose, purposes))
    file = write_start(DEFINITIONS, name, purpose)
    click.echo(f"{file}: edit it, then run `perennial audiences validate`")


@app.command("new-salt")
def new_salt() -> None:
    """Print 16 random hex digits, for an experiment of yours alone."""
    import secrets

    click.echo(secrets.token_hex(8))


app.command("list")(audience_reports.list_audiences)


@app.command()
def validate(
    name: Annotated[
        str | None, typer.Argument(help="One audience; all of them by default.", metavar="NAME")
    ] = None,
    as_json: Json = False,
) -> None:
    """Check definitions and name every problem, with its place and its fix; warnings in full for one audience."""
    from audiences.loader import check_definitions
    from orchestration.compile import audience_language, contradictions, warnings
    from orchestration.names import check_name
    from orchestration.settings import DEFINITIONS, load_settings

    settings = load_settings()
    definitions, problems = check_definitions(DEFINITIONS, audience_language())
    problems += contradictions(DEFINITIONS, definitions, settings)
    warned = warnings(DEFINITIONS, definitions, settings)
    if name is not None:
        check_name(name, settings.warehouse)
        problems = [each for each in problems if each.file == f"{name}.yml"]
        warned = [each for each in warned if each.file == f"{name}.yml"]
    if as_json:
        document = {"problems": problems, "warnings": warned}
        lists = {name: [asdict(each) for each in found] for name, found in document.items()}
        print_json({"valid": len(definitions), **lists})
    else:
        shown = {"error": problems, "warning": warned if name or len(warned) <= FEW else []}
        for kind, found in shown.items():
            for problem in found:
                click.echo(f"{kind}: {problem}", err=True)
                click.echo(f"fix:   {problem.fix}", err=True)
    if problems:
        raise typer.Exit(2)
    if not as_json:
        click.echo(f"{name or f'{len(definitions)} definitions'}, no problem")
        if warned and not shown["warning"]:
            click.echo(
                f"{len(warned)} warnings; `perennial audiences validate NAME` shows those of one audience"
            )


@app.command("compile")
def compile_models(
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail when something would change.")
    ] = False,
) -> None:
    """Compile the definitions into dbt models, to be committed with them."""
    from audiences.errors import WorkError
    from orchestration.compile import compile_audiences

    difference = compile_audiences(check)
    if check and not difference.is_none:
        stale = ", ".join((*difference.to_write, *difference.to_delete))
        raise WorkError(
            f"compiled models differ from the definitions: {stale}",
            "run `perennial audiences compile` and commit what it writes",
        )
    for name in difference.to_write:
        click.echo(f"wrote   {name}")
    for name in difference.to_delete:
        click.echo(f"deleted {name}")
    click.echo(f"{len(difference.unchanged)} files were up to date")


app.command("test")(audience_tests.run_fixtures)
app.command()(audience_reports.preview)
app.command()(audience_people.explain)
app.command()(audience_people.diff)
app.command()(audience_reports.history)
app.command()(audience_reports.overlap)
app.command()(audience_people.export)
app.command()(accept)
