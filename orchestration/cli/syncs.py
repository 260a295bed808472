"""`perennial sync`: what the syncs would send, sent, and could not send. Prints counts and customer ids, no traits."""

from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import click
import typer

from orchestration.cli.output import print_json, print_table

if TYPE_CHECKING:
    from reverse_etl.context import SyncContext
    from reverse_etl.history import RunRecord
    from reverse_etl.result import RunResult
    from reverse_etl.spec import Sync

app = typer.Typer(no_args_is_help=True, help="The reverse-ETL tools.")

HELD_FIX = (
    "look at the plan; when it is right, apply it with '--accept' and the name of what held it"
)
Name = Annotated[str, typer.Argument(help="Name of the sync.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
AsOf = Annotated[str | None, typer.Option(help="Day of the audience, as YYYY-MM-DD.")]
Folder = Annotated[
    Path | None, typer.Option("--syncs", help="Folder of sync files.", show_default=False)
]


@app.command("list")
def list_syncs(as_json: Json = False, syncs: Folder = None) -> None:
    """List the syncs."""
    from reverse_etl.loader import load_syncs

    keys = ("name", "audience", "destination", "mode", "status")
    rows = [
        {key: getattr(sync, key) for key in keys} for sync in load_syncs(_folder(syncs)).values()
    ]
    if as_json:
        print_json(rows)
    else:
        print_table("Syncs", ("sync", *keys[1:]), [list(row.values()) for row in rows])


@app.command()
def plan(name: Name, as_of: AsOf = None, as_json: Json = False, syncs: Folder = None) -> None:
    """Show what applying a sync would do now; sends nothing."""
    from reverse_etl.sync import plan_sync

    sync = _sync(name, syncs)
    summary = plan_sync(sync, _context(as_of))
    counts = asdict(summary) | {"planned": summary.planned}
    if as_json:
        print_json(counts)
        return
    samples = counts.pop("samples")
    _print_pairs(f"Plan of {name}", counts)
    if samples:
        fields = list(dict.fromkeys(name for sample in samples for name in sample["fields"]))
        rows = [
            (sample["kind"], *(sample["fields"].get(field) for field in fields))
            for sample in samples
        ]
        print_table("Some of its rows, masked", ("kind", *fields), rows)
    if summary.held_reason:
        click.echo(f"warning: applying it would be held: {summary.held_reason}", err=True)
    elif summary.planned and sync.is_active:
        click.echo(f"send it: perennial sync apply {name} --plan-id {summary.plan_id}")


@app.command()
def apply(  # noqa: PLR0913, PLR0917
    name: Name,
    plan_id: Annotated[
        str | None, typer.Option(help="Send exactly this plan, or refuse and say what moved.")
    ] = None,
    accept: Annotated[
        list[str] | None, typer.Option(help="A breaker that must not hold this run; repeatable.")
    ] = None,
    simulate: Annotated[
        bool, typer.Option(help="Deliver to a stand-in on this machine; nothing of it is kept.")
    ] = False,
    as_of: AsOf = None,
    as_json: Json = False,
    syncs: Folder = None,
) -> None:
    """Deliver what differs from what the destination acknowledged."""
    from audiences.errors import InputError
    from orchestration.sync_runs import run_sync
    from reverse_etl.simulation import simulated

    if simulate and plan_id:
        raise InputError("--plan-id: a stand-in has no plan", "leave out one of the two")
    sync, context = _sync(name, syncs), _context(as_of)
    with simulated(sync, context) if simulate else nullcontext((sync, context)) as (where, given):
        result = run_sync(
            where, given, plan_id, accept=accept or (), is_quiet=as_json, is_told=not simulate
        )
    _finish(result, as_json)


@app.command()
def retry(name: Name, as_of: AsOf = None, as_json: Json = False, syncs: Folder = None) -> None:
    """Deliver, and send rows again that the destination rejected with the same values."""
    from orchestration.sync_runs import run_sync

    sync, context = _sync(name, syncs), _context(as_of)
    result = run_sync(sync, context, retry_rejected=True, is_quiet=as_json)
    _finish(result, as_json)


@app.command()
def pull(
    name: Annotated[
        str | None, typer.Argument(help="Name of a sync; all active ones without it.")
    ] = None,
    as_json: Json = False,
    syncs: Folder = None,
) -> None:
    """Pull what the tools report back: opens, clicks, bounces, complaints, unsubscribes. Prints counts."""
    from audiences.errors import InputError
    from orchestration import reports
    from orchestration.settings import load_settings
    from reverse_etl.loader import load_syncs
    from reverse_etl.reports.pull import can_pull

    chosen = [_sync(name, syncs)] if name else list(load_syncs(_folder(syncs)).values())
    if name and not (chosen[0].is_active and can_pull(chosen[0])):
        why = "reports nothing back" if chosen[0].is_active else "is paused"
        raise InputError(f"sync {name}: {why}", "see `perennial sync list` for the others")
    settings = load_settings()
    pulled = reports.pull(settings, chosen)
    if any(each.rows for each in pulled):
        reports.show_to_the_warehouse(settings)
    if as_json:
        print_json([asdict(each) for each in pulled])
    elif not pulled:
        click.echo("no active sync reports anything back")
    else:
        columns = ("source", "read", "new", "known before", "not kept")
        rows = [
            (each.source, each.read, each.new, each.repeated, sum(each.unplaced.values()))
            for each in pulled
        ]
        print_table("What was reported back", columns, rows)
    for each in pulled:
        if each.problem is not None or each.unplaced:
            click.echo(reports.line(each), err=True)
    raise typer.Exit(1 if any(each.problem is not None for each in pulled) else 0)


@app.command()
def status(as_json: Json = False, syncs: Folder = None) -> None:
    """Show what each sync holds at its destination, what waits, and its last run."""
    from orchestration.settings import load_settings
    from reverse_etl.history import sync_status
    from reverse_etl.loader import load_syncs

    state_dir = load_settings().state_dir
    states = [sync_status(sync, state_dir) for sync in load_syncs(_folder(syncs)).values()]
    if as_json:
        print_json([asdict(state) for state in states])
        return
    columns = (
        *("sync", "status", "acknowledged", "waiting"),
        *("last run", "outcome", "reason", "overridden"),
    )
    rows = []
    for state in states:
        last = state.last_run
        run = (
            (last.run_id, last.status, last.reason, last.accepted_breakers) if last else [None] * 4
        )
        rows.append((state.sync, state.status, state.acknowledged, state.waiting, *run))
    print_table("Syncs", columns, rows)


@app.command()
def log(
    name: Name,
    limit: Annotated[int, typer.Option(min=1, help="How many runs.")] = 20,
    as_json: Json = False,
    syncs: Folder = None,
) -> None:
    """Show a sync's runs, and why each row of the newest was not delivered."""
    from orchestration.settings import load_settings
    from reverse_etl.history import sync_log

    runs, rows = sync_log(_sync(name, syncs), load_settings().state_dir, limit)
    if as_json:
        print_json({"runs": [asdict(run) for run in runs], "rows": [asdict(row) for row in rows]})
        return
    _print_runs(name, runs)
    columns = ("run", "customer", "operation", "status", "reason")
    print_table("Rows not delivered", columns, [list(asdict(row).values()) for row in rows])


def _folder(folder: Path | None) -> Path:
    from orchestration.settings import SYNCS

    return folder or SYNCS


def _sync(name: str, folder: Path | None) -> "Sync":
    from reverse_etl.loader import find_sync

    return find_sync(_folder(folder), name)


def _context(as_of: str | None) -> "SyncContext":
    from orchestration.settings import load_settings
    from orchestration.sync_context import sync_context

    return sync_context(load_settings(as_of))


def _finish(result: "RunResult", as_json: bool) -> None:
    """Print what a run did, say what needs a person, and exit."""
    if as_json:
        print_json(asdict(result) | {"exit_code": result.exit_code})
    else:
        _print_pairs(f"Run of {result.sync}", asdict(result))
    for message in _messages(result):
        click.echo(message, err=True)
    raise typer.Exit(result.exit_code)


def _messages(result: "RunResult") -> list[str]:
    see = f"perennial sync log {result.sync}"
    if result.status == "held":
        return [f"error: sync {result.sync} was held: {result.held_reason}", f"fix:   {HELD_FIX}"]
    if result.status == "stopped":
        problem = f"error: sync {result.sync} stopped: {result.problem}; {result.pending} rows wait"
        return [problem, "fix:   see that the destination answers, then apply again"]
    if result.has_too_many_rejected:
        rejected = f"{result.rejected} of {result.planned} rows were rejected"
        return [f"error: sync {result.sync}: {rejected}", f"fix:   read the reasons with '{see}'"]
    if result.rejected or result.quarantined or result.withheld:
        counts = f"{result.rejected} rejected, {result.withheld} withheld, {result.quarantined} quarantined"
        return [f"warning: sync {result.sync}: {counts}; '{see}' says why"]
    return []


def _print_pairs(title: str, values: dict[str, Any]) -> None:
    print_table(title, ("what", "value"), values.items())


def _print_runs(name: str, runs: list["RunRecord"]) -> None:
    columns = {
        "run": "run_id",
        "outcome": "status",
        "reason": "reason",
        "overridden": "accepted_breakers",
        "planned": "planned",
        "accepted": "accepted",
        "rejected": "rejected",
        "pending": "pending",
        "withheld": "withheld",
        "quarantined": "quarantined",
        "requests": "requests",
    }
    rows = [[getattr(run, field) for field in columns.values()] for run in runs]
    print_table(f"Runs of {name}", tuple(columns), rows)
