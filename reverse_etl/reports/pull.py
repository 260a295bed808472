"""The verb: pull what the tools report back. Orchestration and the command line call this, nothing deeper."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from audiences.errors import PerennialError
from reverse_etl.context import SyncContext
from reverse_etl.destinations import REGISTRY
from reverse_etl.destinations.base import ReportsBack
from reverse_etl.errors import DeliveryProblem
from reverse_etl.loader import resolve_connection, secrets_of
from reverse_etl.masking import Mask
from reverse_etl.reports.files import PARSERS, read_folder
from reverse_etl.reports.landing import Landed, land, newest_held
from reverse_etl.reports.people import FindPeople
from reverse_etl.reports.report import Report, Unplaced
from reverse_etl.spec import Sync

OVERLAP = timedelta(days=3)  # what is told late, and what could not be placed before
FIRST = timedelta(days=30)  # how far the first pull looks back


@dataclass(frozen=True)
class Pulled:
    """What one account or folder reported; `read` = `new` + `repeated` + the sum of `unplaced`.

    Attributes:
        source: The destination, and letters that tell its accounts apart.
        rows: Rows written: one for each person a report is about.
        since: From when on an account was asked; a folder is read whole.
        problem: Why nothing was kept; None when all went well.
    """

    source: str
    syncs: tuple[str, ...]
    since: datetime | None = None
    read: int = 0
    new: int = 0
    rows: int = 0
    repeated: int = 0
    unplaced: dict[str, int] = field(default_factory=dict)
    problem: str | None = None


@dataclass
class _Source:
    """An account or folder, with the syncs that use it."""

    name: str
    syncs: list[Sync]
    pull: Callable[[datetime], Iterator[Report | Unplaced]]
    is_folder: bool


def can_pull(sync: Sync) -> bool:
    """Whether anything is reported back: by the destination itself, or in the files of a folder."""
    return issubclass(REGISTRY[sync.destination], ReportsBack) or "reports" in sync.connection


def pull_reports(
    syncs: Iterable[Sync], context: SyncContext, find_people: FindPeople
) -> list[Pulled]:
    """Pull from every account and folder of the syncs, each once. What fails is said, and stops no other.

    Args:
        syncs: Active syncs; those whose destination reports nothing are passed over.
        context: Places, day, secrets, clock.
        find_people: Finds people by address.
    """
    pulled: list[Pulled] = []
    sources: dict[str, _Source] = {}
    with ExitStack() as opened:
        for sync in filter(can_pull, syncs):
            try:
                key, source = _open(sync, context, opened)
            except PerennialError as error:
                pulled.append(_failed(sync.destination, [sync], error.problem, context))
                continue
            sources.setdefault(key, source).syncs.append(sync)
        return pulled + [_pull(source, context, find_people) for source in sources.values()]


def _open(sync: Sync, context: SyncContext, opened: ExitStack) -> tuple[str, _Source]:
    """Where a sync's reports come from; its key is the same for syncs that share an account or folder."""
    folder = sync.connection.get("reports")
    if folder is not None:
        key, parse = f"{sync.destination}|{folder}", PARSERS[sync.destination]
        place = (context.root / str(folder)).resolve()
        return key, _Source(_name(sync, key), [], lambda _since: read_folder(place, parse), True)
    connection = resolve_connection(sync, context.environment)
    destination = REGISTRY[sync.destination].open(sync, connection, context)
    opened.callback(destination.close)
    assert isinstance(destination, ReportsBack), "can_pull said so"
    key = destination.account()
    return key, _Source(_name(sync, key), [], destination.pull_events, False)


def _name(sync: Sync, key: str) -> str:
    return f"{sync.destination}-{hashlib.sha256(key.encode()).hexdigest()[:8]}"


def _pull(source: _Source, context: SyncContext, find_people: FindPeople) -> Pulled:
    try:
        since = _since(source, context)
        landed = land(source.pull(since), source.name, source.syncs, context, find_people)
    except DeliveryProblem as problem:
        return _failed(source.name, source.syncs, problem.reason, context)
    except PerennialError as error:
        return _failed(source.name, source.syncs, error.problem, context)
    except Exception as error:  # whatever a vendor says, no run stops for it
        return _failed(source.name, source.syncs, f"it stumbled ({type(error).__name__})", context)
    asked = None if source.is_folder else since
    return _pulled(source, landed, asked)


def _since(source: _Source, context: SyncContext) -> datetime:
    """From when on to ask: a little before the newest that is held."""
    newest = newest_held(context.state_dir, source.name)
    if newest is not None:
        return min(newest, context.now()) - OVERLAP
    end_of_day = datetime.combine(context.as_of, time.max)
    return min(end_of_day, context.now()) - FIRST


def _pulled(source: _Source, landed: Landed, since: datetime | None) -> Pulled:
    return Pulled(
        source=source.name,
        syncs=tuple(sync.name for sync in source.syncs),
        since=since,
        read=landed.read,
        new=landed.new,
        rows=landed.rows,
        repeated=landed.repeated,
        unplaced=dict(sorted(landed.unplaced.items())),
    )


def _failed(name: str, syncs: list[Sync], problem: str, context: SyncContext) -> Pulled:
    secrets = [secret for sync in syncs for secret in secrets_of(sync, context.environment)]
    return Pulled(name, tuple(sync.name for sync in syncs), problem=Mask(secrets)(problem))
