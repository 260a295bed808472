"""Commands that count: `perennial audiences list`, `preview`, `history` and `overlap`."""

from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import click
import typer

from orchestration.cli.output import print_json, print_side_by_side, print_table, tabled

if TYPE_CHECKING:
    from audiences.spec import Definition
    from audiences.tools.preview import Preview
    from audiences.tools.reports import Size

Name = Annotated[str, typer.Argument(help="Name of the audience.", metavar="NAME")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]

FEW = 6
"""Values of a breakdown that fit on a screen."""


def list_audiences(as_json: Json = False) -> None:
    """The audiences after the last run: size, change, reach, last delivery and the gate's verdict."""
    from audiences.loader import load_definitions
    from audiences.tools.reports import Size, last_deliveries, sizes
    from orchestration.compile import audience_language
    from orchestration.settings import DEFINITIONS, load_settings

    settings = load_settings()
    counted = sizes(settings.warehouse)
    delivered = last_deliveries(settings.state_dir)
    rows = [
        _summary(one, counted.get(one.audience, Size()), settings.as_of)
        | {"last_delivered": delivered.get(one.audience)}
        for one in load_definitions(DEFINITIONS, audience_language())
    ]
    if as_json:
        print_json(rows)
        return
    print_table(
        "Audiences",
        ["audience", "status", "people", "change", "held out", "reach", "delivered", "gate"],
        [
            [
                row["audience"],
                row["status"],
                row["delivered"],
                _signed(row["change"]),
                row["withheld"],
                ", ".join(
                    f"{channel} {people:,}" for channel, people in (row["reach"] or {}).items()
                ),
                row["last_delivered"],
                row["verdict"],
            ]
            for row in rows
        ],
    )
    for row in rows:
        if row["verdict"] == "hold":
            click.echo(f"{row['audience']} is held: {row['reason']}")


def _summary(one: "Definition", size: "Size", as_of: date) -> dict[str, Any]:
    return {
        "audience": one.audience,
        "label": one.label,
        "status": one.status_on(as_of),
        "purpose": one.purpose,
        "channels": list(one.channels),
        "owner": one.owner,
        **asdict(size),
    }


def _signed(change: int | None) -> str | None:
    return None if change is None else f"{change:+,}" if change else "0"


def preview(
    name: Name,
    rows: Annotated[int, typer.Option(min=0, help="How many people to show, masked.")] = 5,
    everything: Annotated[
        bool, typer.Option("--all", help="Every value of a breakdown, and the overlaps.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Who an audience reaches and what became of everybody else, as the last run left it."""
    from audiences.tools.preview import preview as read_preview
    from orchestration.compile import audience_language
    from orchestration.names import definition_of
    from orchestration.settings import load_settings

    traits = audience_language().written_traits
    seen = read_preview(load_settings().warehouse, definition_of(name), traits, rows)
    if as_json:
        print_json(asdict(seen) | {"waterfall": dict(seen.waterfall)})
        return
    _show(seen, everything)


def _show(seen: "Preview", everything: bool) -> None:
    before = seen.eligible_before
    than = f", {_signed(_eligible(seen) - before[1])} since {before[0]}" if before else ""
    most = None if everything else FEW
    tables = [
        tabled("", [column, "matched", "eligible"], _few(counted, most))
        for column, counted in seen.breakdowns.items()
    ]
    if seen.reach:
        tables.append(tabled("", ["channel", "eligible"], _few(seen.reach, most)))
    if seen.fallbacks:
        filled = [
            {"filled in": f"{each['fact']}: {each['step']}", "members": each["members"]}
            for each in seen.fallbacks
        ]
        tables.append(tabled("", list(filled[0]), _few(filled, most)))
    click.echo(f"{seen.audience} as of {seen.as_of_date}: {_eligible(seen):,} eligible{than}")
    print_side_by_side([tabled("", ["step", "customers"], seen.waterfall), *tables])
    print_table(
        "Rules, one by one",
        ["rule", "holds for", "left so far", "kept out by it alone"],
        [list(asdict(rule).values()) for rule in seen.rules],
    )
    if everything and seen.overlaps:
        print_table("Shares people with", OVERLAP, map(_pair, seen.overlaps))
    if seen.sample:
        print_table("Some of them", list(seen.sample[0]), [list(r.values()) for r in seen.sample])


def _eligible(seen: "Preview") -> int:
    return dict(seen.waterfall)["eligible"]


def _few(counted: list[dict[str, Any]], most: int | None) -> list[list[Any]]:
    """The largest values, and the others as one."""
    rows = [list(row.values()) for row in counted]
    if most is None or len(rows) <= most:
        return rows
    others = [sum(column) for column in zip(*(row[1:] for row in rows[most:]), strict=True)]
    return [*rows[:most], [f"{len(rows) - most} others", *others]]


def history(name: Name, as_json: Json = False) -> None:
    """What became of an audience on each day; a day without a run is `skipped`."""
    from audiences.tools.reports import history as read_history
    from orchestration.names import check_name
    from orchestration.settings import load_settings

    warehouse = load_settings().warehouse
    check_name(name, warehouse)
    days = read_history(warehouse, name)
    if as_json:
        print_json(days)
        return
    columns = [column for column in days[0] if any(day[column] is not None for day in days)]
    print_table(f"History of {name}", columns, [[day[c] for c in columns] for day in days])


OVERLAP = ["audience", "size", "other", "its size", "in both", "of the smaller"]


def overlap(
    of: Annotated[str | None, typer.Option(help="Only pairs with this audience.")] = None,
    as_json: Json = False,
) -> None:
    """How many people each pair of audiences shares, the empty pairs too."""
    from audiences.tools.overlap import overlap as count_overlap
    from orchestration.names import check_name
    from orchestration.settings import load_settings

    warehouse = load_settings().warehouse
    if of is not None:
        check_name(of, warehouse)
    pairs = count_overlap(warehouse, of)
    if as_json:
        print_json(pairs)
        return
    print_table("Overlap", OVERLAP, map(_pair, pairs))


def _pair(pair: dict[str, Any]) -> list[Any]:
    share = pair["share_of_smaller"]
    return [
        pair["audience"],
        pair["people"],
        pair["other"],
        pair["other_people"],
        pair["in_both"],
        None if share is None else f"{share:.0%}",
    ]
