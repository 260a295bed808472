"""Reports as rows of `message_events` in the state folder: placed, counted, and written once, in one rename.

A refusal (unsubscribed, complained, a hard bounce) counts for everybody who has the address; anything else of an
address that several people have is nobody's.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, field, fields
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

import duckdb
import pyarrow as pa

from audiences.erasures import load_forgotten
from audiences.unfinished import beside
from reverse_etl.context import SyncContext
from reverse_etl.payload import literal
from reverse_etl.reports.people import FindPeople, load_people
from reverse_etl.reports.report import REFUSALS, Report, Unplaced
from reverse_etl.spec import Sync

LEDGER = "message_events"
AHEAD = timedelta(days=1)  # a clock may be wrong by so much
_CHUNK = 10_000
_NAMES = [one.name for one in fields(Report)]


@dataclass
class Landed:
    """What became of the entries that were read: `read` is the sum of all others but `rows`.

    Attributes:
        new: Entries that were kept.
        rows: Rows they made: one for each person.
        repeated: Entries that were kept before.
        unplaced: How many were not kept, by reason.
    """

    read: int = 0
    new: int = 0
    rows: int = 0
    repeated: int = 0
    unplaced: dict[str, int] = field(default_factory=dict)

    def leave(self, reason: str, entries: int = 1) -> None:
        """Count entries that are not kept."""
        self.unplaced[reason] = self.unplaced.get(reason, 0) + entries


def newest_held(state_dir: Path, source: str) -> datetime | None:
    """When the latest report of a source happened that is held."""
    files = sorted((state_dir / LEDGER).glob(f"as_of=*/{source}__*.parquet"))
    if not files:
        return None
    with duckdb.connect() as connection:
        [(newest,)] = connection.execute(
            "select max(occurred_at) from read_parquet($files)",
            {"files": [str(file) for file in files]},
        ).fetchall()
    return newest if isinstance(newest, datetime) else None


def land(
    entries: Iterable[Report | Unplaced],
    source: str,
    syncs: Iterable[Sync],
    context: SyncContext,
    find_people: FindPeople,
) -> Landed:
    """Keep what was not kept before.

    Args:
        entries: What the vendor tells.
        source: Begins the name of the file; the same for one account.
        syncs: The syncs to the account, of one destination; their ledgers know people.
        context: Places, day, clock.
        find_people: Finds people by address.

    Raises:
        DeliveryProblem: The vendor stopped telling; nothing was kept.
        WorkError: A run of one of the syncs is active.
    """
    syncs, landed = list(syncs), Landed()
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(_REPORTED)
        for chunk in _chunks(entries, landed, context.now() + AHEAD):
            connection.register("chunk", chunk)
            connection.execute("insert into reported by name from chunk")
            connection.unregister("chunk")
        if not connection.execute("select 1 from reported limit 1").fetchone():
            return landed
        load_people(connection, syncs, context.state_dir, find_people)
        connection.execute(_PLACED.format(destination=literal(syncs[0].destination)))
        load_forgotten(connection, context.state_dir, "select customer_id from placed")
        _load_held(connection, context.state_dir)
        connection.execute(_NEW)
        for fate, count in connection.execute(_FATES).fetchall():
            if fate == "new":
                landed.new = count
            elif fate == "repeated":
                landed.repeated = count
            else:
                landed.leave(fate, count)
        landed.rows = _write(connection, context, source)
    return landed


def _chunks(
    entries: Iterable[Report | Unplaced], landed: Landed, latest: datetime
) -> Iterator[pa.Table]:
    """The reports as tables, counted; what is no report is counted by its reason."""
    coming = iter(entries)
    while some := list(islice(coming, _CHUNK)):
        reports = []
        for one in some:
            if isinstance(one, Unplaced):
                landed.leave(one.reason)
            elif one.occurred_at > latest:
                landed.leave("dated in the future")
            else:
                reports.append(one)
        numbers = range(landed.read, landed.read + len(reports))
        landed.read += len(some)
        if reports:
            columns = dict(zip(_NAMES, zip(*map(astuple, reports), strict=True), strict=True))
            yield pa.table({"number": list(numbers)} | {k: list(v) for k, v in columns.items()})


def _load_held(connection: duckdb.DuckDBPyConnection, state_dir: Path) -> None:
    """Everything held counts, whichever sync pulled it."""
    connection.execute("create temp table held (message_event_id varchar)")
    files = [str(file) for file in sorted((state_dir / LEDGER).glob("as_of=*/*.parquet"))]
    if files:
        connection.execute(
            "insert into held select message_event_id from read_parquet($files, union_by_name = true)",
            {"files": files},
        )


def _write(connection: duckdb.DuckDBPyConnection, context: SyncContext, source: str) -> int:
    """Write a file named after what is in it, so that none takes the place of another; how many rows it has."""
    [(rows, content)] = connection.execute(_CONTENT).fetchall()
    if rows:
        day = context.state_dir / LEDGER / f"as_of={context.as_of.isoformat()}"
        day.mkdir(parents=True, exist_ok=True)
        target = day / f"{source}__{content}.parquet"
        unfinished = beside(target)
        connection.execute(f"copy ({_ROWS}) to {literal(str(unfinished))} (format parquet)")
        os.replace(unfinished, target)
    return int(rows)


_REPORTED = """
create temp table reported (
    number bigint, event_id varchar, event varchar, channel varchar, occurred_at timestamp, message_id varchar,
    campaign_id varchar, is_machine boolean, url varchar, external_id varchar, email varchar, phone varchar
)
"""
# One row an entry and person. An id that names the person is believed before an address; who is only found by the
# address of a refusal has the person in the id of the row, so that it stays the same whoever else is found later.
_PLACED = f"""
create temp table found as
select distinct identifiers.number, people.customer_id, people.rank
from identifiers
inner join people on people.kind = identifiers.kind and people.value = identifiers.value;

create temp table named as
select number, arg_min(customer_id, (rank, customer_id)) as customer_id
from found where rank < 3 group by number;

create temp table addressed as
select number, customer_id, count(*) over (partition by number) as people_of_address
from (select distinct number, customer_id from found where rank = 3) as by_address;

create temp table placed as
select number, customer_id, '' as person from named
union all
select addressed.number, addressed.customer_id, ''
from addressed
inner join reported on reported.number = addressed.number
where reported.event not in {REFUSALS} and people_of_address = 1
    and addressed.number not in (select number from named)
union all
select addressed.number, addressed.customer_id, '/' || left(md5(addressed.customer_id), 12)
from addressed
inner join reported on reported.number = addressed.number
left join named on named.number = addressed.number
where reported.event in {REFUSALS}
    and addressed.customer_id is distinct from named.customer_id;

alter table placed add column message_event_id varchar;
update placed set message_event_id = {{destination}} || ':' || reported.event_id || placed.person
from reported where reported.number = placed.number
"""
_NEW = """
create temp table fates as
select
    placed.*,
    case
        when placed.customer_id in (from forgotten) then 'of somebody who was forgotten'
        when placed.message_event_id in (from held) then 'repeated'
        when row_number() over (partition by placed.message_event_id order by placed.number) > 1 then 'repeated'
        else 'new'
    end as fate
from placed;
create temp table new_rows as select number, customer_id, message_event_id from fates where fate = 'new'
"""
_FATES = """
select fate, count(*) from (
    select
        reported.number,
        case
            when bool_or(fates.fate = 'new') then 'new'
            when bool_or(fates.fate = 'repeated') then 'repeated'
            when count(fates.fate) > 0 then min(fates.fate)
            when reported.number in (select number from addressed) then 'of an address several people have'
            else 'of somebody who is not known'
        end as fate
    from reported
    left join fates on fates.number = reported.number
    group by reported.number
) as entries
group by fate
"""
_CONTENT = """
select count(*), left(md5(string_agg(message_event_id, ' ' order by message_event_id)), 16) from new_rows
"""
_ROWS = """
select
    new_rows.message_event_id,
    coalesce(reported.message_id, reported.event_id) as message_id,
    new_rows.customer_id,
    reported.campaign_id,
    reported.channel,
    reported.event,
    reported.occurred_at,
    reported.is_machine,
    reported.url
from new_rows
inner join reported on reported.number = new_rows.number
order by reported.occurred_at, new_rows.message_event_id
"""
