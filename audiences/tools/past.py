"""What definitions and the global holdout may not contradict: the people the state folder holds under their names."""

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from audiences.language.columns import Finding
from audiences.language.global_holdout import FILE, GlobalHoldout
from audiences.spec import Definition, Experiment
from audiences.warehouse import records

Found = Iterator[tuple[str, Finding]]


def check_past(
    definitions: Iterable[Definition], holdout: GlobalHoldout | None, state_dir: Path, as_of: date
) -> Found:
    """What contradicts the ledgers, each finding with the audience, or the file of the global holdout, it is found in.

    Args:
        definitions: Sound definitions.
        holdout: The global holdout, when there is one.
        state_dir: The state folder; without ledgers nothing contradicts.
        as_of: The day of the next run, which replaces what an earlier run of that day wrote.
    """
    asked = list(definitions)
    with duckdb.connect(":memory:") as connection:
        ended = {
            row["audience"]: row["ended_on"]
            for row in _rows(connection, state_dir, ENDED, as_of=as_of)
        }
        drawn = _rows(connection, state_dir, DRAWN, as_of=as_of)
        for one in asked:
            if one.audience in ended and one.status_on(as_of) in {"active", "paused"}:
                rule = f"is the name of an audience that ended on {ended[one.audience]}"
                fix = "give the new audience a name of its own; its people and results stay apart"
                yield one.audience, ("AUD102", ("audience",), rule, fix)
            if one.experiment is not None:
                ours = [row for row in drawn if _is_of(row, one.experiment)]
                yield from _check_draw(connection, state_dir, one, ours, as_of)
        if holdout is not None:
            yield from _check_holdout(connection, state_dir, holdout, as_of)


def _is_of(row: dict[str, Any], experiment: Experiment) -> bool:
    return (row["experiment"], row["phase"]) == (experiment.key, experiment.phase)


def _check_draw(
    connection: duckdb.DuckDBPyConnection,
    state_dir: Path,
    one: Definition,
    drawn: list[dict[str, Any]],
    as_of: date,
) -> Found:
    """The arms of a phase are as people were put into them, and drawn by the same salt."""
    experiment = one.experiment
    assert experiment is not None
    fix = f"write `phase: {experiment.phase + 1}`, or restore what it was"
    for row in drawn:
        arm, people = row["arm"], f"{row['people']:,} people"
        path = ("experiment", "arms", arm)
        if arm not in experiment.arms:
            rule = (
                f"phase {experiment.phase} put {people} into arm {arm}, which is not there any more"
            )
            yield one.audience, ("AUD107", path[:2], rule, fix)
            continue
        first, last = experiment.arms[arm].slots
        if row["first_slot"] < first or row["last_slot"] > last:
            slots = f"{row['first_slot']} to {row['last_slot']}"
            rule = f"phase {experiment.phase} put {people} of the slots {slots} into this arm"
            yield one.audience, ("AUD107", (*path, "slots"), rule, fix)
    if _has_other_salt(connection, state_dir, experiment, as_of):
        rule = f"is not the salt that phase {experiment.phase} was drawn with"
        yield one.audience, ("AUD107", ("experiment", "salt"), rule, fix)


def _check_holdout(
    connection: duckdb.DuckDBPyConnection,
    state_dir: Path,
    holdout: GlobalHoldout,
    as_of: date,
) -> Found:
    """The same of the global holdout, under whose key everybody was drawn who is withheld now."""
    fix = f"write `phase: {holdout.phase + 1}`, or restore what it was"
    first, last = holdout.slots
    asked = {"experiment": holdout.key, "phase": holdout.phase, "as_of": as_of}
    for row in _rows(connection, state_dir, BEYOND, **asked, first=first, last=last):
        drawn = "withheld" if row["is_withheld"] else "let through"
        slots = f"{row['first_slot']} to {row['last_slot']}"
        rule = f"phase {holdout.phase} {drawn} {row['people']:,} people of the slots {slots}"
        yield FILE, ("AUD107", ("slots",), rule, fix)
    if _has_other_salt(connection, state_dir, holdout, as_of):
        rule = f"is not the salt that phase {holdout.phase} was drawn with"
        yield FILE, ("AUD107", ("salt",), rule, fix)
    withheld = [row["customer_id"] for row in _rows(connection, state_dir, WITHHELD, as_of=as_of)]
    asked = {"experiment": holdout.key, "people": withheld, "as_of": as_of}
    for row in _rows(connection, state_dir, BY_ANOTHER, **asked) if withheld else ():
        rule = f"is not the key by which {row['people']:,} people are withheld"
        fix = "restore it, or take the file away for one run, which releases them"
        yield FILE, ("AUD107", ("key",), rule, fix)


def _has_other_salt(
    connection: duckdb.DuckDBPyConnection,
    state_dir: Path,
    drawn: Experiment | GlobalHoldout,
    as_of: date,
) -> bool:
    asked = {"experiment": drawn.key, "phase": drawn.phase, "salt": drawn.salt, "as_of": as_of}
    return any(row["is_other"] for row in _rows(connection, state_dir, OTHER_SALT, **asked))


LATEST = """
    latest as (
        select * from ledger where as_of < $as_of
        qualify row_number() over (partition by audience, customer_id, entry_seq order by as_of desc) = 1
    )
"""
ENDED = (
    "memberships",
    f"""
    with {LATEST}
    select audience, cast(max(exited_at) as date) as ended_on
    from latest group by audience
    having count(*) = count(exited_at) and count(*) filter (where exit_reason = 'audience_ended') > 0
    """,
)
DRAWN = (
    "assignments",
    """
    select
        experiment, phase, arm, min(slot) as first_slot, max(slot) as last_slot, count(*) as people
    from ledger where as_of < $as_of group by experiment, phase, arm order by arm
    """,
)
# Those of the global holdout whom its slots, as they are now, would have treated otherwise.
BEYOND = (
    "assignments",
    """
    select
        arm = 'holdout' as is_withheld, min(slot) as first_slot, max(slot) as last_slot, count(*) as people
    from ledger
    where experiment = $experiment and phase = $phase and as_of < $as_of
        and (arm = 'holdout') <> (slot between $first and $last)
    group by is_withheld order by is_withheld desc
    """,
)
WITHHELD = (
    "memberships",
    f"""
    with {LATEST}
    select distinct customer_id from latest where exited_at is null and arm = 'global_holdout'
    """,
)
BY_ANOTHER = (
    "assignments",
    """
    select count(*) as people from (select unnest($people) as customer_id)
    where customer_id not in (
        select customer_id from ledger where experiment = $experiment and arm = 'holdout' and as_of < $as_of
    )
    having count(*) > 0
    """,
)
# People who share an address have the slot of one of them, perhaps one who was never drawn; by another salt one
# person in ten thousand has the own slot, by chance.
OTHER_SALT = (
    "assignments",
    """
    select
        count(distinct slot) >= 20
        and 100 * count(*) filter (
            where slot = cast('0x' || substr(md5($salt || ':' || customer_id), 1, 8) as bigint) % 10000
        ) < count(*) as is_other
    from ledger where experiment = $experiment and phase = $phase and as_of < $as_of
    """,
)


def _rows(
    connection: duckdb.DuckDBPyConnection,
    state_dir: Path,
    asked: tuple[str, str],
    **parameters: Any,
) -> list[dict[str, Any]]:
    """What a ledger answers; nothing when it has no rows yet."""
    ledger, query = asked
    files = [str(file) for file in sorted((state_dir / ledger).glob("as_of=*/*.parquet"))]
    if not files:
        return []
    read = "read_parquet($files, hive_partitioning = true, hive_types = {'as_of': date})"
    whole = f"with ledger as (select * from {read}) select * from ({query})"
    return records(connection, whole, {**parameters, "files": files})
