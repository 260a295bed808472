"""`perennial sample`."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import click
import typer

Customers = Annotated[int, typer.Option(min=1, max=10_000_000, help="Number of customers.")]
Months = Annotated[int, typer.Option(min=1, max=120, help="How long the shop has existed.")]
Seed = Annotated[int, typer.Option(min=0, help="Another seed, another shop of the same kind.")]
End = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="The shop's last day; yesterday (UTC) when left out."),
]
Out = Annotated[
    Path | None, typer.Option(help="Folder to write to; PERENNIAL_RAW_DIR when left out.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def sample(  # noqa: PLR0913, PLR0917 - one argument an option
    customers: Customers = 10_000,
    months: Months = 24,
    seed: Seed = 1,
    end: End = None,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Write the generated sample shop as raw tables; the same arguments give the same rows."""
    from orchestration.cli.output import print_json, print_table
    from orchestration.sample.command import write_sample
    from orchestration.sample.generator import Shop
    from orchestration.settings import load_settings

    last_day = (end or datetime.now(UTC) - timedelta(days=1)).date()
    target = (out or load_settings().raw_dir).resolve()
    with _progress() as report:
        rows = write_sample(Shop(customers, months, seed, last_day), target, report)
    if as_json:
        print_json({"folder": str(target), "end": last_day, "rows": rows})
    else:
        print_table(f"Sample shop in {target}", ["table", "rows"], rows.items())


@contextlib.contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on a terminal, a line a step elsewhere; on stderr, so that --json stays clean."""
    if not sys.stderr.isatty():
        yield lambda done, step, steps: click.echo(f"sample: {step} of {steps}, {done}", err=True)
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("sample shop", total=None)
        yield lambda done, step, steps: bar.update(
            task, completed=step, total=steps, description=done
        )
