"""Commands about persons: `perennial audiences explain`, `diff` and `export`."""

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import click
import typer

from orchestration.cli.output import print_json, print_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audiences.explain import Explanation, Membership
    from audiences.tools.condition_tree import Node

Name = Annotated[str, typer.Argument(help="Name of the audience.", metavar="NAME")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def explain(
    name: Name,
    customer_id: Annotated[str, typer.Argument(help="The person's id.", metavar="CUSTOMER_ID")],
    as_json: Json = False,
) -> None:
    """Why one person is in an audience or not: every condition and every gate, as the last run saw them."""
    from audiences.explain import explain as read_explanation
    from audiences.warehouse import open_warehouse
    from orchestration.compile import audience_language
    from orchestration.names import definition_of
    from orchestration.settings import load_settings

    one = definition_of(name)
    with open_warehouse(load_settings().warehouse) as connection:
        found = read_explanation(connection, one, audience_language().written_traits, customer_id)
    if as_json:
        print_json({**asdict(found), "decided_by": found.decided_by})
        return
    for line in _verdict(found):
        click.echo(line)
    for title, node in (("match", found.match), ("exclude", found.exclude)):
        if node is not None:
            print_table(title, ["condition", "saw", "verdict"], _conditions(node))
    if found.gates:
        print_table(
            "gates", ["gate", "saw", "verdict"], [list(asdict(g).values()) for g in found.gates]
        )
    click.echo(_membership(found.membership))


def _verdict(found: "Explanation") -> list[str]:
    who = f"{found.customer_id} and {found.audience} as of {found.as_of_date}"
    if found.absence:
        return [f"{who}: not a customer, the person {found.absence}"]
    if found.disposition is None:
        return [f"{who}: the last run did not know this audience; the conditions as they are now:"]
    arm = f" in arm {found.arm}" if found.arm else ""
    lines = [f"{who}: {found.disposition}{arm}", f"decided by {found.decided_by}"]
    if found.is_outdated:
        lines.append("the definition was changed since: run `perennial run` to see what it does")
    elif found.is_standing and found.gates:
        lines.append("in the audience since before this run, so the gates of entry are not met")
    return lines


def _conditions(node: "Node") -> list[list[Any]]:
    from audiences.tools.condition_tree import flattened

    return [
        [f"{'  ' * depth}{part.asked}", _values(part.saw), part.verdict]
        for depth, part in flattened(node)
    ]


def _values(saw: "Mapping[str, Any]") -> str:
    """Values as people read them; the name of a single one stands in the condition."""
    from audiences.explain import shown

    if len(saw) == 1:
        return shown(*saw.values())
    return ", ".join(f"{name} {shown(value)}" for name, value in saw.items())


def _membership(stay: "Membership | None") -> str:
    if stay is None:
        return "has never been in the audience"
    delivered = "delivered" if stay.is_delivered else "withheld"
    arm = f", arm {stay.arm}" if stay.arm else ""
    entry = f"entry {stay.entry_seq} on {stay.entered_at:%Y-%m-%d}{arm}, {delivered}"
    if stay.exited_at is None:
        return f"in the audience: {entry}"
    return f"not in the audience: left on {stay.exited_at:%Y-%m-%d} ({stay.exit_reason}); {entry}"


def diff(
    name: Name,
    since: Annotated[str, typer.Option(help="The day to compare with, as YYYY-MM-DD.")],
    rows: Annotated[int, typer.Option(min=0, help="How many people to show, masked.")] = 0,
    as_json: Json = False,
) -> None:
    """Who entered and left an audience since the end of a day, and why."""
    from audiences.tools.changes import changes
    from orchestration.names import check_name
    from orchestration.settings import load_settings

    warehouse = load_settings().warehouse
    check_name(name, warehouse)
    found = changes(warehouse, name, _day(since), rows)
    if as_json:
        print_json({**asdict(found), "net": found.entered - found.left})
        return
    print_table(
        f"{name}: {found.since} to {found.as_of_date}",
        ["", "people"],
        [
            [f"in it on {found.since}", found.size_then],
            ["entered", found.entered],
            ["left", -found.left],
            [f"in it on {found.as_of_date}", found.size_now],
        ],
    )
    for title, listed in (("why", found.reasons), ("some of them", found.people)):
        if listed:
            print_table(title, list(listed[0]), [list(row.values()) for row in listed])


def _day(text: str) -> date:
    from audiences.errors import InputError

    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(f"'{text}' is not a day", "write it as YYYY-MM-DD") from None


def export(
    name: Name,
    out: Annotated[
        Path | None, typer.Option(help="File to write, .csv or .parquet; NAME.csv by default.")
    ] = None,
) -> None:
    """Write the current members of an audience to a file; it holds personal data."""
    from audiences.tools.export import export as write_export
    from orchestration.names import check_name
    from orchestration.settings import load_settings

    settings = load_settings()
    check_name(name, settings.warehouse)
    target = out or Path(f"{name}.csv")
    written = write_export(settings.warehouse, settings.state_dir, name, target)
    click.echo(f"{written:,} people written to {target}")
