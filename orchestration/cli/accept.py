"""`perennial audiences accept`."""

from typing import Annotated

import click
import typer


def accept(
    name: Annotated[str, typer.Argument(help="Name of the audience.", metavar="NAME")],
) -> None:
    """Let a held audience pass once: on its day, and with the size it has now."""
    from audiences.guards.release import accept as release
    from audiences.loader import load_definitions
    from orchestration.settings import DEFINITIONS, load_settings

    settings = load_settings()
    released = release(settings.warehouse, settings.state_dir, load_definitions(DEFINITIONS), name)
    click.echo(f"{name}: accepted for {released.as_of}, in spite of:")
    for reason in released.reasons:
        click.echo(f"  {reason}")
    click.echo(f"run `perennial run --as-of {released.as_of}` to let it pass")
