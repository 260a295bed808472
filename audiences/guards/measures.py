"""What the gate measures of the day's candidates, inside DuckDB: one row of numbers an audience. Judges nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

from audiences.guards.overlaps import MEMBERS, most_shared
from audiences.guards.payload_faults import payload_faults
from audiences.guards.precedents import LEAVERS, passed_sizes, usual_size
from audiences.guards.sources import silent_sources, stood_on, traits_day
from audiences.spec import Definition

SCHEMA = (
    "gate.measured"  # one view an audience, in a database in memory beside the read-only warehouse
)

_GIVEN = """
    attach ':memory:' as gate (read_write);
    create schema gate.given;
    create schema gate.measured;
    create table gate.given.channels (audience varchar, purpose varchar, channel varchar);
    create table gate.given.arms (audience varchar, arm varchar, delivers boolean);
    create table gate.given.sizes (
        audience varchar, base_size bigint, matched bigint, usual_reach bigint, silent_days bigint,
        traits_off_days bigint, shared bigint, without_value bigint
    );
"""

# Standing members keep arms of earlier phases, so that only people new to an audience can be in a wrong arm.
_MEASURED = f"""
    create table gate.given.measures as
    with counted as (
        select
            audience,
            count(*) as candidates,
            count(*) - count(customer_id) as without_id,
            count(customer_id) - count(distinct customer_id) as repeated,
            count(*) filter (where disposition not in {LEAVERS}) as reach,
            count(*) filter (where disposition in {MEMBERS}) as admitted
        from audiences.audience_dispositions
        group by audience
    ),

    standing as (
        select audience, customer_id from staging.stg_state__memberships
        where exited_at is null
    ),

    members as (
        select audience, count(*) as members from standing
        group by audience
    ),

    allowed as (
        select distinct channels.audience, permissions.customer_id
        from gate.given.channels as channels
        inner join activation.contact_permissions as permissions
            on channels.purpose = permissions.purpose and channels.channel = permissions.channel
        where permissions.is_allowed
    ),

    unpermitted as (
        select dispositions.audience, count(*) as unpermitted
        from audiences.audience_dispositions as dispositions
        anti join allowed using (audience, customer_id)
        where dispositions.disposition = 'eligible'
            and dispositions.audience in (select audience from gate.given.channels)
        group by dispositions.audience
    ),

    in_wrong_arm as (
        select dispositions.audience, count(*) as in_wrong_arm
        from audiences.audience_dispositions as dispositions
        anti join standing using (audience, customer_id)
        left join gate.given.arms as arms
            on dispositions.audience = arms.audience and dispositions.arm = arms.arm
        where dispositions.audience in (select audience from gate.given.arms)
            and dispositions.disposition in ('eligible', 'holdout')
            and coalesce(arms.delivers, false) <> (dispositions.disposition = 'eligible')
        group by dispositions.audience
    )

    select
        sizes.*,
        coalesce(counted.candidates, 0) as candidates,
        coalesce(counted.without_id, 0) as without_id,
        coalesce(counted.repeated, 0) as repeated,
        coalesce(counted.reach, 0) as reach,
        coalesce(counted.admitted, 0) as admitted,
        coalesce(members.members, 0) as members,
        coalesce(unpermitted.unpermitted, 0) as unpermitted,
        coalesce(in_wrong_arm.in_wrong_arm, 0) as in_wrong_arm
    from gate.given.sizes as sizes
    left join counted using (audience)
    left join members using (audience)
    left join unpermitted using (audience)
    left join in_wrong_arm using (audience)
"""


@dataclass(frozen=True)
class Details:
    """What the numbers of an audience are made of, for the words of a reason.

    Attributes:
        silent: The stale raw tables it stands on, with the days each has been silent.
        most_shared: Audiences it shares most members with, and how many; only asked for with `guardrails.overlap`.
        payload_faults: Payload columns that lack a value, with the number of people they lack it for.
    """

    silent: Mapping[str, int]
    most_shared: Sequence[tuple[str, int]]
    payload_faults: Mapping[str, int]


@dataclass(frozen=True)
class Measures:
    """The numbers of one audience.

    Attributes:
        audience: Its name.
        base_size: Customers its rule was asked of.
        matched: Customers its rule holds for.
        candidates: Customers with a disposition; as many as matched.
        without_id: Candidates without a customer_id.
        repeated: Candidates beyond the first with their customer_id.
        unpermitted: Eligible candidates without an allowed channel.
        in_wrong_arm: New candidates whose arm and disposition do not agree.
        reach: Candidates who are or may become members; the size that is guarded.
        admitted: Candidates who are members when the day is over.
        shared: Of them, those who are also in the audience of `guardrails.overlap` then.
        members: Members of the day before.
        usual_reach: Reach when the audience passed the gate before; none before that.
        silent_days: Days that stale raw tables have been silent, summed.
        traits_off_days: Days between the traits and the day that is judged.
        without_value: Eligible candidates without a value of a payload column, summed over the columns.
        dispositions: Candidates by disposition.
        details: What some of the numbers are made of.
    """

    audience: str
    base_size: int
    matched: int
    candidates: int
    without_id: int
    repeated: int
    unpermitted: int
    in_wrong_arm: int
    reach: int
    admitted: int
    shared: int
    members: int
    usual_reach: int | None
    silent_days: int
    traits_off_days: int
    without_value: int
    dispositions: Mapping[str, int]
    details: Details


def measure(
    warehouse: duckdb.DuckDBPyConnection, as_of: date, definitions: Sequence[Definition]
) -> list[Measures]:
    """Measure audiences, and leave a view with each one's row of numbers in the schema `gate.measured`.

    Args:
        warehouse: A read-only connection to the warehouse.
        as_of: The day.
        definitions: The audiences.
    """
    details = _details(warehouse, definitions)
    warehouse.execute(_GIVEN)
    _insert(warehouse, "channels", _channels(definitions))
    _insert(warehouse, "arms", _arms(definitions))
    _insert(warehouse, "sizes", _sizes(warehouse, as_of, definitions, details))
    warehouse.execute(_MEASURED)
    dispositions = _dispositions(warehouse)
    cursor = warehouse.execute("select * from gate.given.measures order by audience")
    columns = [column[0] for column in cursor.description or ()]
    found = []
    for row in cursor.fetchall():
        numbers = dict(zip(columns, row, strict=True))
        name = numbers["audience"]
        warehouse.execute(
            f"create view {SCHEMA}.{name} as select * from gate.given.measures where audience = '{name}'"
        )
        found.append(
            Measures(**numbers, dispositions=dispositions.get(name, {}), details=details[name])
        )
    return found


def _details(
    warehouse: duckdb.DuckDBPyConnection, definitions: Sequence[Definition]
) -> dict[str, Details]:
    silent = silent_sources(warehouse)
    shared = most_shared(warehouse, [d.audience for d in definitions if d.guardrails.overlap])
    return {
        d.audience: Details(
            silent=stood_on(d, silent),
            most_shared=shared.get(d.audience, ()),
            payload_faults=payload_faults(warehouse, d),
        )
        for d in definitions
    }


def _insert(
    warehouse: duckdb.DuckDBPyConnection, table: str, rows: Sequence[tuple[object, ...]]
) -> None:
    if rows:
        places = ", ".join("?" * len(rows[0]))
        warehouse.executemany(f"insert into gate.given.{table} values ({places})", rows)


def _channels(definitions: Sequence[Definition]) -> list[tuple[object, ...]]:
    return [(d.audience, d.purpose, channel) for d in definitions for channel in d.channels]


def _arms(definitions: Sequence[Definition]) -> list[tuple[object, ...]]:
    return [
        (d.audience, name, arm.delivers)
        for d in definitions
        if d.experiment
        for name, arm in d.experiment.arms.items()
    ]


def _sizes(
    warehouse: duckdb.DuckDBPyConnection,
    as_of: date,
    definitions: Sequence[Definition],
    details: Mapping[str, Details],
) -> list[tuple[object, ...]]:
    described = warehouse.execute("select * from audiences.audience_matches limit 0").description
    columns = {column[0] for column in described or ()}
    asked = [d.audience for d in definitions if d.audience in columns]
    sums = "".join(f", count(*) filter (where {name})" for name in asked)
    [(base_size, *matched)] = warehouse.execute(
        f"select count(*){sums} from audiences.audience_matches"
    ).fetchall()
    counts = dict(zip(asked, matched, strict=True))
    passed = passed_sizes(warehouse, as_of)
    traits_off_days = abs((as_of - (traits_day(warehouse) or as_of)).days)
    return [
        (
            d.audience,
            base_size,
            counts.get(d.audience, 0),
            usual_size(passed.get(d.audience, ()), d.guardrails.change.passes),
            sum(details[d.audience].silent.values()),
            traits_off_days,
            _shared(d, details[d.audience]),
            sum(details[d.audience].payload_faults.values()),
        )
        for d in definitions
    ]


def _shared(definition: Definition, details: Details) -> int:
    overlap = definition.guardrails.overlap
    return dict(details.most_shared).get(overlap.other, 0) if overlap else 0


def _dispositions(warehouse: duckdb.DuckDBPyConnection) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    rows = warehouse.execute(
        """
        select audience, disposition, count(*) from audiences.audience_dispositions
        group by audience, disposition order by audience, disposition
        """
    ).fetchall()
    for audience, disposition, count in rows:
        found.setdefault(audience, {})[disposition] = count
    return found
