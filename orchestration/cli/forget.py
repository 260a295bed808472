"""`perennial forget`. Prints counts, never whom."""

from dataclasses import asdict
from typing import Annotated

import click
import typer

from orchestration.cli.output import print_json


def forget(
    customer_id: Annotated[str, typer.Argument(help="The person's customer_id.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Forget a person: suppress now, take them out of the state, remove them everywhere with the next run."""
    from audiences.errors import InputError
    from orchestration.forget import advice, show_to_the_warehouse
    from orchestration.forget import forget as forget_people
    from orchestration.settings import load_settings

    if not customer_id.strip():
        raise InputError("the customer id is empty", "name the person's customer_id")
    settings = load_settings()
    done = forget_people(settings, [customer_id])
    show_to_the_warehouse(settings)
    open_work = advice(done.remainders)
    if as_json:
        print_json(asdict(done) | {"open": open_work})
        return
    click.echo("suppressed from now on" if done.new else "was forgotten before")
    for ledger, rows in done.rows.items():
        click.echo(f"state {ledger}: {rows} rows")
    for line in open_work:
        click.echo(line)
    click.echo("the next `perennial run` builds a warehouse and pages without the person")
