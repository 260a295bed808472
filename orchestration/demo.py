"""`make demo`: a generated shop through the whole pipeline, and one audience posted to a receiver started here."""

import base64
import json
import secrets
import sys
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import click

from audiences.errors import PerennialError, WorkError
from orchestration.complaint import Complaint
from orchestration.progress import say
from orchestration.run import run_pipeline, start_parsing
from orchestration.sample.command import write_sample
from orchestration.sample.folder import MARKER
from orchestration.sample.generator import Shop
from orchestration.settings import ROOT, SYNCS, Settings, load_settings
from orchestration.sync_context import sync_context
from reverse_etl.loader import find_sync
from reverse_etl.result import RunResult
from reverse_etl.simulators.webhook import WebhookSimulator
from reverse_etl.sync import apply_sync

POSTED = "churned_winback_to_webhook"


def main() -> int:
    """Run the demo and return the exit code: 0 only if every step succeeded."""
    started = time.monotonic()
    try:
        settings = load_settings()
        parsing = start_parsing(settings)
        settings = load_settings(as_of=find_or_write_sample(settings.raw_dir).isoformat())
        problems = run_pipeline(settings, deliver=False, full_refresh=False, parsing=parsing)
        if not problems:
            post_audience(settings)
    except PerennialError as error:
        problems = [Complaint(error.problem, error.fix, error.exit_code)]
    for problem in problems:
        click.echo(f"error: {problem.problem}\nfix:   {problem.fix}", err=True)
    if not problems:
        say(f"done in {time.monotonic() - started:.0f} s\n")
        say(what_to_open(settings))
    return max((problem.exit_code for problem in problems), default=0)


def find_or_write_sample(raw_dir: Path) -> date:
    """Use the sample that is there, else generate one that ends yesterday.

    Returns:
        The last day of the sample.
    """
    marker = raw_dir / MARKER
    if marker.exists():
        arguments = json.loads(marker.read_text(encoding="utf-8"))["arguments"]
        say(f"sample shop: found {arguments['customers']:,} customers up to {arguments['end']}")
        return date.fromisoformat(arguments["end"])
    shop = Shop(
        customers=10_000, months=24, seed=1, end=datetime.now(UTC).date() - timedelta(days=1)
    )
    rows = write_sample(shop, raw_dir, lambda *_: None)
    say(f"sample shop: {sum(rows.values()):,} rows in {len(rows)} raw tables up to {shop.end}")
    return shop.end


def post_audience(settings: Settings) -> RunResult:
    """Post one audience, signed, to a receiver on this machine.

    Raises:
        WorkError: The delivery was held or stopped, or the receiver refused a signature.
    """
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
    sync = find_sync(SYNCS, POSTED)
    places = sync_context(settings)
    with WebhookSimulator(secret=secret) as receiver:
        sync = replace(
            sync, connection=sync.connection | {"base_url": receiver.url}, status="active"
        )
        environment = {**places.environment, "WEBHOOK_SECRET": secret}
        result = apply_sync(sync, replace(places, environment=environment))
    if result.exit_code or receiver.unverified:
        raise WorkError(
            f"sync {POSTED}: {result.held_reason or result.problem or 'rows were refused'}",
            f"see `perennial sync log {POSTED}`",
        )
    say(
        f"sync {POSTED}: {result.accepted} rows in signed requests to {receiver.url}, "
        "a receiver started for this demo"
    )
    return result


def what_to_open(settings: Settings) -> str:
    """What the demo made and where, relative to the repository when it lies there."""
    places = {
        "dashboards": settings.site_dir / "index.html",
        "raw data report": settings.site_dir / "data_docs" / "index.html",
        "warehouse": settings.warehouse,
        "delivered files": settings.deliveries_dir,
        "ledgers, receipts": settings.state_dir,
    }
    lines = [f"  {name:<18} {_short(path)}" for name, path in places.items()]
    return "\n".join([*lines, "", "who is in an audience, and who is not:"]) + (
        "\n  .venv/bin/perennial audiences preview churned_winback"
    )


def _short(path: Path) -> Path:
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


if __name__ == "__main__":
    sys.exit(main())
