"""Tells people that a sync or the pipeline needs them, through apprise: counts and names, nobody's data or words.

A cause is told once a day. An alert that cannot be sent is said on stderr and changes nothing else.
"""

import logging
import re
import shutil
import sys
from dataclasses import dataclass
from datetime import date

from audiences.errors import InputError, PerennialError
from reverse_etl.breakers import breakers_in
from reverse_etl.context import SyncContext
from reverse_etl.errors import SyncError
from reverse_etl.loader import filled_in, secrets_of
from reverse_etl.masking import Mask
from reverse_etl.result import RunResult
from reverse_etl.spec import Sync

SETTING = "PERENNIAL_ALERTS"
_OWN_WORDS = re.compile(r"HTTP \d{3}|no answer")  # of what a destination is given up for


@dataclass(frozen=True)
class Alert:
    """Something a person should know about a sync, or about the pipeline; `cause` is what is told once a day."""

    sync: str
    cause: str
    title: str
    body: str


def alert_of(result: RunResult) -> Alert | None:
    """What a run has to tell; None when it went well."""
    name = result.sync
    into = f"audience {result.audience} to {result.destination}, {result.as_of}"
    if result.status == "held":
        cause = "held by " + ", ".join(breakers_in(result.held_reason or ""))
        look = f"nothing was sent; look at: perennial sync plan {name}"
        return Alert(name, cause, f"sync {name} was held", f"{into}: {result.held_reason}\n{look}")
    if result.status == "stopped":
        known = _OWN_WORDS.match(result.problem or "")
        why = f" ({known.group()})" if known else ""
        waits = f"{result.pending} of {result.planned} rows wait{why}"
        look = f"the next run goes on; look at: perennial sync status; perennial sync log {name}"
        return Alert(name, "stopped", f"sync {name} stopped", f"{into}: {waits}\n{look}")
    if result.has_too_many_rejected:
        counts = f"{result.rejected} of {result.planned} rows were rejected"
        look = f"the reasons: perennial sync log {name}"
        return Alert(name, "rejected", f"sync {name}: {counts}", f"{into}: {counts}\n{look}")
    return None


def alert_of_failure(sync: Sync, error: Exception, context: SyncContext) -> Alert | None:
    """What a run that broke off has to tell; None when only the words of the command were wrong."""
    if isinstance(error, InputError) and not (sync.is_active and isinstance(error, SyncError)):
        return None
    kind = type(error).__name__
    problem = f"unexpected {kind}"
    if isinstance(error, PerennialError):
        problem = Mask(secrets_of(sync, context.environment))(error.problem)
    into = f"audience {sync.audience} to {sync.destination}, {context.as_of}"
    return Alert(
        sync.name,
        f"failed with {kind}",
        f"sync {sync.name} failed",
        f"{into}: {problem}\nlook at: perennial sync status",
    )


def alert_of_step(step: str, kind: str, as_of: date) -> Alert:
    """What a step of the pipeline that failed has to tell; syncs after it sent nothing."""
    return Alert(
        "pipeline",
        f"failed at {step}",
        f"the pipeline failed at {step}",
        f"{as_of}: {kind}; what comes after it was not run\nlook at: perennial run",
    )


def tell(alert: Alert | None, context: SyncContext) -> None:
    """Send an alert to every address of the setting, unless it was told today; never raises."""
    addresses = context.environment.get(SETTING, "").split()
    if alert is None or not addresses:
        return
    day = context.state_dir / "alerts" / context.now().date().isoformat()
    told = day / f"{alert.sync}__{alert.cause}".replace(" ", "_")
    if told.exists():
        return
    try:
        if _send(alert, addresses, context):
            for earlier in day.parent.glob("*"):
                if earlier != day:
                    shutil.rmtree(earlier, ignore_errors=True)
            day.mkdir(parents=True, exist_ok=True)
            told.touch()
    except Exception as error:
        _complain(alert, f"unexpected {type(error).__name__}")


def _send(alert: Alert, addresses: list[str], context: SyncContext) -> bool:
    """Whether at least one address took it."""
    try:
        import apprise  # noqa: PLC0415 - an optional extra
    except ImportError:
        _complain(alert, "apprise is not installed: pip install 'perennial[alerts]'")
        return False
    # What these log names the address, which is a secret.
    for logger in ("apprise", "urllib3"):
        logging.getLogger(logger).setLevel(logging.CRITICAL + 1)
    asset = apprise.AppriseAsset(app_id="Perennial", app_desc="Perennial", async_mode=False)
    taken = 0
    for number, address in enumerate(addresses, 1):
        service = apprise.Apprise(asset=asset)
        try:
            problem = None if service.add(filled_in(address, context.environment)) else "is unknown"
        except KeyError as unset:
            problem = f"names ${{{unset.args[0]}}}, which is not set"
        title = f"Perennial: {alert.title}"
        if problem is None and not service.notify(alert.body, title, notify_type="failure"):
            problem = "did not take it"
        if problem is None:
            taken += 1
        else:
            _complain(alert, f"address {number} of {SETTING} {problem}")
    return taken > 0


def _complain(alert: Alert, problem: str) -> None:
    print(
        f"warning: an alert was not sent, '{alert.title}': {problem}", file=sys.stderr, flush=True
    )
