"""The `perennial` command: gathers the command groups and turns errors into two lines and an exit code."""

import sys
import traceback
from typing import Annotated

import click
import typer
from typer._click import (
    exceptions as usage,
)  # typer brings a click of its own, with errors of its own

from audiences.errors import PerennialError
from orchestration.cli import audiences, check, dashboard, forget, pipeline, raw, sample, syncs

app = typer.Typer(
    name="perennial",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("sample")(sample.sample)
app.command("run")(pipeline.run)
app.command("build")(pipeline.build)
app.add_typer(audiences.app, name="audiences")
app.add_typer(syncs.app, name="sync")
app.add_typer(dashboard.app, name="dashboard")
app.add_typer(raw.app, name="raw")
app.command()(check.check)
app.command()(forget.forget)


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Lifecycle marketing on the warehouse you already have."""


def main() -> None:
    """Run the command line and exit: 0 success, 1 the work failed, 2 the input was wrong."""
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    debug = len(arguments) < len(sys.argv) - 1
    sys.exit(run(arguments, debug))


def run(arguments: list[str], debug: bool = False) -> int:
    """Run one command and return its exit code; errors go to stderr.

    Args:
        arguments: The words after `perennial`, without --debug.
        debug: Show tracebacks.
    """
    try:
        result = typer.main.get_command(app).main(
            args=arguments, prog_name="perennial", standalone_mode=False
        )
        return result if isinstance(result, int) else 0
    except usage.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help())
        return 2
    except usage.UsageError as error:
        where = f"{error.ctx.command_path}: " if error.ctx else ""
        _complain(f"{where}{error.format_message()}", "see the command's --help")
        return 2
    except typer.Abort:
        _complain("stopped by the user", "run the command again; finished work is kept")
        return 1
    except PerennialError as error:
        if debug:
            traceback.print_exc()
        _complain(error.problem, error.fix)
        return error.exit_code
    except Exception as error:
        if debug:
            traceback.print_exc()
        _complain(
            f"unexpected {type(error).__name__}", "run again with --debug and report the traceback"
        )
        return 1


def _complain(problem: str, fix: str) -> None:
    click.echo(f"error: {problem}", err=True)
    click.echo(f"fix:   {fix}", err=True)
