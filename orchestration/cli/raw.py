"""`perennial raw`."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Raw tables.")


@app.callback()
def raw() -> None:
    """Raw tables."""


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="Folder for the template; made if need be.")],
) -> None:
    """Write a template that maps your own tables to the raw contract."""
    from orchestration.raw_init import write_template

    files = write_template(folder)
    typer.echo(f"wrote {len(files)} files to {folder}")
    typer.echo(f"next:  read {folder / 'README.md'}, edit customers.sql and orders.sql, then")
    typer.echo(f"       .venv/bin/python {folder / 'run.py'} data/raw")
