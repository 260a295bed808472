"""`perennial run` and `perennial build`."""

from typing import Annotated

import click
import typer

AsOf = Annotated[
    str | None, typer.Option(help="The last complete day the run may see, as YYYY-MM-DD.")
]


def run(
    as_of: AsOf = None,
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Rebuild every model from nothing.")
    ] = False,
    deliver: Annotated[
        bool, typer.Option(help="Send to all active syncs, not only to files.")
    ] = False,
) -> None:
    """Run the whole pipeline: checks, models, audiences, syncs, dashboards."""
    from orchestration.run import run_pipeline
    from orchestration.settings import load_settings

    problems = run_pipeline(load_settings(as_of), deliver=deliver, full_refresh=full_refresh)
    for problem in problems:
        click.echo(f"error: {problem.problem}\nfix:   {problem.fix}", err=True)
    raise typer.Exit(max((problem.exit_code for problem in problems), default=0))


def build(
    as_of: AsOf = None,
    select: Annotated[str | None, typer.Option(help="dbt selection syntax.")] = None,
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Rebuild every model from nothing.")
    ] = False,
) -> None:
    """Compile the audiences and run dbt build, nothing else."""
    from orchestration import dbt
    from orchestration.compile import compile_for
    from orchestration.settings import load_settings

    settings = load_settings(as_of)
    compile_for(settings)
    arguments = ["--select", select] if select else []
    dbt.build(settings, [*arguments, *(["--full-refresh"] if full_refresh else [])])
