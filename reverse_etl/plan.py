"""What a sync would do: the difference between the mapped audience and what the destination acknowledged.

Pure SQL over the temporary tables `source` and `blocks` and the ledger's `acked` and `parked`; sends nothing.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from audiences.errors import WorkError
from reverse_etl.breakers import held_reason, tripped
from reverse_etl.destinations import REGISTRY
from reverse_etl.ledger import Ledger
from reverse_etl.ledger_sql import IS_BLOCKED
from reverse_etl.payload import person_sql, removal_sql
from reverse_etl.rates import least_seconds
from reverse_etl.samples import Sample
from reverse_etl.source import Source
from reverse_etl.spec import Sync

KINDS = {
    "upsert": ("add", "change"),
    "mirror": ("add", "change"),
    "insert": ("add",),
    "list": ("add",),
    "events": ("add",),
    "update": ("change",),
    "snapshot": ("add", "change", "same"),
}


@dataclass(frozen=True)
class PlanSummary:
    """A plan in numbers. `planned` = adds + changes + removals; withheld rows come on top and are not sent."""

    sync: str
    audience: str
    destination: str
    as_of: date
    plan_id: str
    members: int
    adds: int
    changes: int
    removals: int
    withheld: int
    quarantined: int
    waiting: int  # rejected earlier with the same values; sent when they change or by retry
    acknowledged: int
    requests: int
    least_seconds: float  # what the destination's own rates make so many requests take
    held_reason: str | None
    samples: tuple[Sample, ...] = ()

    @property
    def planned(self) -> int:
        """Rows that would be sent."""
        return self.adds + self.changes + self.removals


def make_plan(
    ledger: Ledger,
    sync: Sync,
    source: Source,
    retry_rejected: bool = False,
    accepted: Collection[str] = (),
) -> PlanSummary:
    """Diff into the temporary tables `planned`, `quarantined` and count what is in them.

    Args:
        ledger: The sync's ledger, settled.
        sync: The sync.
        source: The audience as read.
        retry_rejected: Plan rows again that the destination rejected with the same values.
        accepted: Breakers that do not hold it this time.
    """
    destination = REGISTRY[sync.destination]
    target = destination.target(sync)
    ledger.execute(_QUARANTINED.format(person=person_sql(sync, "key")))
    ledger.execute(
        _PLANNED.format(removal=removal_sql(sync, source.fields, "diff.key")),
        target=target,
        kinds=_kinds(sync),
        unknown="change" if sync.mode == "update" else "add",
        retry=retry_rejected,
        forgets=destination.forgets,
    )
    counts = dict(ledger.rows(_COUNTS.format(is_blocked=_IS_BLOCKED)))
    acknowledged = ledger.number("select count(*) from acked where target = $t", t=target)
    forgotten = ledger.number("select count(*) from planned where is_forgotten and kind = 'remove'")
    members = ledger.number("select count(*) from source")
    erased = forgotten if destination.forgets else 0
    requests = _requests(sync, counts, erased)
    holds = ([source.hold] if source.hold else []) + tripped(
        sync.breakers,
        counts | {"remove": counts.get("remove", 0) - forgotten},
        members,
        acknowledged - forgotten,
    )
    return PlanSummary(
        sync=sync.name,
        audience=sync.audience,
        destination=sync.destination,
        as_of=source.as_of,
        plan_id=_plan_id(ledger, sync.name, source.as_of, target),
        members=members,
        adds=counts.get("add", 0),
        changes=counts.get("change", 0),
        removals=counts.get("remove", 0),
        withheld=counts.get("withheld", 0),
        quarantined=ledger.number("select count(*) from quarantined"),
        waiting=ledger.number(_WAITING, target=target),
        acknowledged=acknowledged,
        requests=requests,
        least_seconds=least_seconds(requests, destination.limits.rates),
        held_reason=held_reason([hold for hold in holds if hold.breaker not in accepted]),
    )


def keep_plan(ledger: Ledger, plan: PlanSummary, now: datetime) -> None:
    """Keep the plan for `apply --plan-id`; it replaces the plan made before."""
    with ledger.transaction():
        ledger.execute("delete from plans")
        ledger.execute("delete from reviewed_hashes; delete from reviewed_blocks")
        ledger.execute(
            "insert into plans values ($plan_id, $as_of, $now)",
            plan_id=plan.plan_id,
            as_of=plan.as_of,
            now=now,
        )
        ledger.execute(
            f"""
            insert into reviewed_hashes
            select {_KEY_HASH}, {_ROW_HASH} from planned where kind <> 'same';
            insert into reviewed_blocks
            select key from planned inner join blocks on {_IS_BLOCKED} where operation = 'upsert'
            """
        )


def require_plan(ledger: Ledger, sync: Sync, plan_id: str, plan: PlanSummary) -> None:
    """Refuse unless the plan made now is the one that was reviewed.

    Raises:
        WorkError: It is not; the message says what moved.
    """
    fix = f"look at 'perennial sync plan {sync.name}' again and apply the plan it names"
    kept = ledger.rows("select as_of_date from plans where plan_id = $p", p=plan_id)
    if not kept:
        raise WorkError(f"sync {sync.name}: there is no plan {plan_id} any more", fix)
    if plan.plan_id == plan_id:
        return
    if kept[0][0] != plan.as_of:
        moved = f"it was made for {kept[0][0]}, this is {plan.as_of}"
    else:
        came, went, changed = ledger.rows(_MOVED)[0]
        moved = f"rows that came: {came}, went: {went}, changed: {changed}"
    raise WorkError(f"sync {sync.name}: plan {plan_id} is out of date; {moved}", fix)


def withhold_as_planned(ledger: Ledger, run_id: str, now: datetime) -> None:
    """Withhold what the reviewed plan withheld, even when the person's block has gone since."""
    ledger.execute(_WITHHELD_AS_PLANNED, run_id=run_id, now=now)


def _kinds(sync: Sync) -> list[str]:
    """The kinds of rows a sync sends. Who an update is new to may be held by a destination that asks itself."""
    kinds = KINDS[sync.mode]
    if sync.mode == "update" and REGISTRY[sync.destination].updates_in_place:
        kinds = KINDS["upsert"]
    return [*kinds, *(("remove",) if sync.on_exit == "remove" else ())]


def _requests(sync: Sync, counts: dict[str, int], erased: int) -> int:
    """What the destination foresees; one that takes a run as a whole is asked once."""
    destination, removals = REGISTRY[sync.destination], counts.get("remove", 0)
    upserts = counts.get("add", 0) + counts.get("change", 0)
    if destination.whole_run:
        return 1 if upserts + removals else 0
    rows = {"upsert": upserts, "remove": removals - erased, "forget": erased}
    return sum(destination.requests(sync, operation, n) for operation, n in rows.items())


def _plan_id(ledger: Ledger, name: str, as_of: date, target: str) -> str:
    """The same rows with the same values for the same day are the same plan."""
    found = ledger.rows(_DIGEST, name=name, as_of=as_of, target=target)
    return f"plan_{found[0][0]}"


_IS_BLOCKED = IS_BLOCKED.replace("plan_rows", "planned")
_QUARANTINED = """
create or replace temp table quarantined as
with
people as (select customer_id, key, {person} as person from source),
duplicates as (select person from people where key is not null group by person having count(*) > 1)
select customer_id, key, case when key is null then 'null_key' else 'duplicate_key' end as reason
from people
where key is null or person in (select person from duplicates)
"""
# Nobody whose row is in quarantine is removed: they are in the audience, only their key is in doubt. Who was forgotten
# is removed whatever the sync says of people who leave, and again after a rejection.
_PLANNED = """
create or replace temp table planned as
with
wanted as (
    select * from source
    where key is not null and key not in (select key from quarantined where key is not null)
),
held as (select * from acked where target = $target),
diff as (
    select
        coalesce(wanted.key, held.key) as key,
        coalesce(wanted.customer_id, held.customer_id) as customer_id,
        coalesce(wanted.entry_seq, held.entry_seq) as entry_seq,
        wanted.contact_channel,
        case
            when held.key is null then 'add'
            when wanted.key is null then 'remove'
            when held.payload_hash is null then $unknown
            when held.payload_hash <> wanted.payload_hash then 'change'
            when held.customer_id in (from forgotten) then 'change'
            else 'same'
        end as kind,
        wanted.payload_hash,
        coalesce(held.customer_id in (from forgotten), false) as is_forgotten,
        held.remote_id
    from wanted
    full outer join held on held.key = wanted.key
),
rows_wanted as (
    select
        key, customer_id, entry_seq, contact_channel, kind, is_forgotten, remote_id,
        case when kind <> 'remove' then 'upsert' when is_forgotten and $forgets then 'forget' else 'remove' end
            as operation,
        case when kind = 'remove' then sha256({removal}) else payload_hash end as payload_hash
    from diff
    where (list_contains($kinds, kind) or is_forgotten) and not (
        kind = 'remove' and (
            key in (select key from quarantined where key is not null)
            or customer_id in (select customer_id from quarantined where customer_id is not null)
        )
    )
)
select
    row_number() over (
        order by kind = 'same', rows_wanted.operation <> 'upsert', rows_wanted.operation, rows_wanted.key
    ) as row_number,
    rows_wanted.*
from rows_wanted
left join parked
    on parked.target = $target and parked.key = rows_wanted.key
    and parked.operation = rows_wanted.operation and parked.payload_hash = rows_wanted.payload_hash
    and not $retry and not rows_wanted.is_forgotten
where parked.key is null
"""
_COUNTS = """
with blocked as (
    select distinct row_number from planned inner join blocks on {is_blocked}
    where operation = 'upsert' and kind <> 'same'
)
select case when blocked.row_number is not null then 'withheld' else kind end as kind, count(*)
from planned left join blocked on blocked.row_number = planned.row_number
group by 1
"""
_WAITING = """
select count(*) from parked
where target = $target and not exists (select 1 from planned where planned.key = parked.key)
"""
_DIGEST = """
select left(md5(concat_ws(
    '|', $name, $as_of, $target, count(*), bit_xor(md5_number(concat_ws('|', kind, payload_hash, key)))
)), 12)
from planned where kind <> 'same'
"""
# Of a reviewed row only hashes are kept: they say whether it moved, and take a tenth of the room.
_KEY_HASH, _ROW_HASH = "hash(key)", "hash(kind, payload_hash)"
_MOVED = f"""
with after as (select {_KEY_HASH} as key_hash, {_ROW_HASH} as row_hash from planned where kind <> 'same')
select
    count(*) filter (where before.key_hash is null),
    count(*) filter (where after.key_hash is null),
    count(*) filter (where before.row_hash <> after.row_hash)
from reviewed_hashes as before full outer join after on after.key_hash = before.key_hash
"""
_WITHHELD_AS_PLANNED = """
insert into outcomes
select plan_rows.run_id, plan_rows.row_number, null, 'withheld', 'withheld when the plan was made', 0, $now, null
from plan_rows
where plan_rows.run_id = $run_id and plan_rows.operation = 'upsert' and plan_rows.kind <> 'same'
    and plan_rows.key in (select key from reviewed_blocks)
"""
