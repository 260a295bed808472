"""`perennial audiences`."""

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import click
import typer

from orchestration.cli import audience_tests
from orchestration.cli.accept import accept
from orchestration.cli.output import print_json, print_table

if TYPE_CHECKING:
    from audiences.reports import Size
    from audiences.spec import Definition

app = typer.Typer(no_args_is_help=True, help="The audience tools.")
app.command("test")(audience_tests.run_fixtures)
app.command()(accept)

Name = Annotated[str, typer.Argument(help="Name of the audience.", metavar="NAME")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@app.command()
def new(
    name: Name,
    purpose: Annotated[str, typer.Option(help="Consent purpose.")] = "marketing_promotions",
) -> None:
    """Write a new definition to begin with: valid, commented, a draft."""
    from audiences.blocks import nearest
    from audiences.errors import InputError
    from audiences.starter import write_start
    from orchestration.compile import audience_language
    from orchestration.settings import DEFINITIONS

    purposes = audience_language().purposes
    if purpose not in purposes:
        raise InputError(f"'{purpose}' is not a declared purpose", nearest(purpose, purposes))
    file = write_start(DEFINITIONS, name, purpose)
    click.echo(f"{file}: edit it, then run `perennial audiences validate`")


@app.command("list")
def list_audiences(as_json: Json = False) -> None:
    """The audiences, with the people in them after the last run."""
    from audiences.loader import load_definitions
    from audiences.reports import Size, sizes
    from orchestration.compile import audience_language
    from orchestration.settings import DEFINITIONS, load_settings

    settings = load_settings()
    counted = sizes(settings.warehouse)
    rows = [
        _summary(one, counted.get(one.audience, Size()), settings.as_of)
        for one in load_definitions(DEFINITIONS, audience_language())
    ]
    if as_json:
        print_json(rows)
        return
    columns = ["audience", "status", "channels", "delivered", "withheld"]
    print_table(
        "Audiences",
        columns,
        [[", ".join(v) if isinstance(v := row[c], list) else v for c in columns] for row in rows],
    )


def _summary(one: "Definition", size: "Size", as_of: date) -> dict[str, Any]:
    return {
        "audience": one.audience,
        "label": one.label,
        "status": one.status_on(as_of),
        "purpose": one.purpose,
        "channels": list(one.channels),
        "owner": one.owner,
        "delivered": size.delivered,
        "withheld": size.withheld,
    }


@app.command()
def validate(as_json: Json = False) -> None:
    """Check every definition and name every problem, with its place and its fix."""
    from audiences.loader import check_definitions
    from orchestration.compile import audience_language
    from orchestration.settings import DEFINITIONS

    definitions, problems = check_definitions(DEFINITIONS, audience_language())
    if as_json:
        print_json({"valid": len(definitions), "problems": [asdict(each) for each in problems]})
    for problem in () if as_json else problems:
        click.echo(f"error: {problem}", err=True)
        click.echo(f"fix:   {problem.fix}", err=True)
    if problems:
        raise typer.Exit(2)
    if not as_json:
        click.echo(f"{len(definitions)} definitions, no problem")


@app.command("new-salt")
def new_salt() -> None:
    """Print 16 random hex digits, for an experiment of yours alone."""
    import secrets

    click.echo(secrets.token_hex(8))


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


@app.command()
def preview(
    name: Name,
    rows: Annotated[int, typer.Option(min=0, help="How many people to show, masked.")] = 5,
    as_json: Json = False,
) -> None:
    """Who an audience reaches and what became of everybody else, as the last run left it."""
    from audiences.reports import preview as read_preview
    from orchestration.settings import load_settings

    seen = read_preview(load_settings().warehouse, name, rows)
    if as_json:
        print_json(asdict(seen) | {"waterfall": dict(seen.waterfall)})
        return
    print_table(f"{name} as of {seen.as_of_date}", ["step", "customers"], seen.waterfall)
    print_table("By country", ["country", "matched", "eligible"], seen.by_country)
    if seen.sample:
        print_table("Some of them", list(seen.sample[0]), [list(r.values()) for r in seen.sample])


@app.command()
def history(name: Name, as_json: Json = False) -> None:
    """What became of an audience on each day."""
    from audiences.reports import history as read_history
    from orchestration.settings import load_settings

    days = read_history(load_settings().warehouse, name)
    if as_json:
        print_json(days)
        return
    columns = [column for column in days[0] if any(day[column] is not None for day in days)]
    print_table(f"History of {name}", columns, [[day[c] for c in columns] for day in days])


@app.command()
def export(
    name: Name,
    out: Annotated[
        Path | None, typer.Option(help="File to write, .csv or .parquet; NAME.csv by default.")
    ] = None,
) -> None:
    """Write the current members of an audience to a file; it holds personal data."""
    from audiences.export import export as write_export
    from orchestration.settings import load_settings

    target = out or Path(f"{name}.csv")
    written = write_export(load_settings().warehouse, name, target)
    click.echo(f"{written:,} people written to {target}")
