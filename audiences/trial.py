"""Runs the fixture people of definitions through the models, in memory: what became of them, beside what should.

The models are the real ones, rendered for a day far away that is replaced by the test's day in their text. A
person is alone in the world of one test, so that a capacity or the order of tests never matters.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from hashlib import md5
from itertools import count
from pathlib import Path

import duckdb

from audiences.columns import Traits
from audiences.dispositions import NOT_MATCHED
from audiences.errors import InputError
from audiences.explain import explain
from audiences.fixtures import Expect, Given, resolve
from audiences.global_holdout import GlobalHoldout
from audiences.spec import Definition

SENTINEL = date(2001, 1, 1)
DAY = timedelta(days=1)
NOON = time(12)
KNOWN = {"email": "fixture@example.com", "phone": "+10000000000"}
"""What a person has unless the test takes it away."""

Row = Mapping[str, object]


@dataclass(frozen=True)
class Seed:
    """A table of settings: its file and the types of its columns."""

    file: Path
    columns: Mapping[str, str]


@dataclass(frozen=True)
class Models:
    """The models that decide dispositions, as relation -> SQL in order, and what they begin with.

    Attributes:
        sql: The models, rendered for the day SENTINEL.
        tables: Relations to be filled, with the types of their columns.
        seeds: Relations read from files.
        people: Relations of persons, which hold what the traits do.
    """

    sql: dict[str, str]
    tables: dict[str, dict[str, str]]
    seeds: dict[str, Seed]
    people: list[str]

    def relation(self, name: str) -> str:
        """The relation of a table to be filled."""
        return next(relation for relation in self.tables if relation.endswith(f'"{name}"'))


@dataclass(frozen=True)
class Outcome:
    """What became of one fixture person."""

    audience: str
    test: str
    expected: Expect
    disposition: str
    arm: str | None
    decided_by: str

    @property
    def passed(self) -> bool:
        """Whether that is what the test expects."""
        is_arm = self.expected.arm in {None, self.arm}
        return self.disposition in self.expected.disposition and is_arm

    @property
    def problem(self) -> str:
        """What is wrong, for a test that failed."""
        expected = _spelt(" or ".join(self.expected.disposition), self.expected.arm)
        got = _spelt(self.disposition, self.arm)
        where = f"{self.audience}.yml: AUD207 tests: {self.test}"
        return f"{where}: expected {expected}, got {got}; decided by {self.decided_by}"

    @property
    def fix(self) -> str:
        """How to mend it."""
        return "change the rule, or what the test expects"


def _spelt(disposition: str, arm: str | None) -> str:
    return f"{disposition} in arm {arm}" if arm else disposition


def run_tests(
    definitions: Sequence[Definition],
    models: Models,
    traits: Traits,
    holdout: GlobalHoldout | None = None,
) -> Iterator[Outcome]:
    """Run the tests of definitions, in order.

    Args:
        definitions: Those whose rule is evaluated.
        models: The models, which these definitions were compiled into.
        traits: The columns of customer_traits.
        holdout: The global holdout, in which nobody of a test is.

    Raises:
        InputError: A value does not fit its column.
    """
    with duckdb.connect(":memory:") as connection:
        _furnish(connection, models)
        for one in definitions:
            for test, (day, person) in zip(one.tests, resolve(one.tests).values(), strict=True):
                customer = _customer_id(one, person.arm, holdout)
                rows = _rows(one, person, day, customer)
                _fill(connection, models, rows, f"{one.audience}: {test.name}")
                build(connection, models, day)
                found = explain(connection, one, traits, customer)
                yield Outcome(
                    audience=one.audience,
                    test=test.name,
                    expected=test.expect,
                    disposition=found.disposition or NOT_MATCHED,
                    arm=found.arm,
                    decided_by=found.decided_by,
                )


def _furnish(connection: duckdb.DuckDBPyConnection, models: Models) -> None:
    connection.execute("set threads = 1; set TimeZone = 'UTC'")
    for relation in [*models.tables, *models.seeds, *models.people, *models.sql]:
        connection.execute(f"create schema if not exists {relation.rpartition('.')[0]}")
    for relation, columns in models.tables.items():
        typed = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
        connection.execute(f"create table {relation} ({typed})")
    for relation, seed in models.seeds.items():
        connection.execute(
            f"create table {relation} as select * from read_csv(?, header = true, columns = ?)",
            [str(seed.file), dict(seed.columns)],
        )
    traits = models.relation("customer_traits")
    for relation in models.people:
        connection.execute(
            f"create view {relation} as select *, false as is_deleted, false as is_erased from {traits}"
        )


def build(connection: duckdb.DuckDBPyConnection, models: Models, day: date) -> None:
    """Build every model for a day."""
    for relation, sql in models.sql.items():
        text = sql.replace(SENTINEL.isoformat(), day.isoformat())
        connection.execute(f"create or replace table {relation} as {text}")


def _fill(
    connection: duckdb.DuckDBPyConnection,
    models: Models,
    rows: Mapping[str, Sequence[Row]],
    what: str,
) -> None:
    for relation in models.tables:
        connection.execute(f"delete from {relation}")
    for table, given in rows.items():
        for row in given:
            columns = ", ".join(f'"{name}"' for name in row)
            marks = ", ".join("?" for _ in row)
            try:
                connection.execute(
                    f"insert into {models.relation(table)} ({columns}) values ({marks})",
                    list(row.values()),
                )
            except duckdb.ConversionException:
                fix = "write numbers as 1.5, days as 2026-03-01 and true or false"
                raise InputError(f"{what}: a value of {table} has another type", fix) from None


def _rows(one: Definition, person: Given, day: date, customer: str) -> dict[str, list[Row]]:
    """The rows of the tables that tell what a test says of its person."""
    who = {"customer_id": customer}
    return {
        "customer_traits": [{**KNOWN, **person.traits, **who, "as_of_date": day}],
        "customer_events": [
            {
                **who,
                "event_name": event.name,
                "occurred_at": datetime.combine(on, NOON),
                "product_id": event.product_id,
                "campaign_id": event.campaign_id,
            }
            for event in person.events
            for on in event.days
        ],
        "contact_history": [
            {
                **who,
                "channel": next(iter(one.channels), None),
                "audience": contacted.name,
                "contacted_at": datetime.combine(on, NOON),
                "kind": "message",
            }
            for contacted in person.contacts
            for on in contacted.days
        ],
        "stg_shop__consents": [
            {
                **who,
                "consent_event_id": channel,
                "channel": channel,
                "purpose": one.purpose,
                "status": status,
                "source": "double_opt_in_confirmed" if status == "granted" else None,
                "occurred_at": datetime.combine(day - DAY, NOON),
            }
            for channel, status in person.consent.items()
            if status != "never"
        ],
        "state_waits": list(_waits(one, person, day, customer)),
        "state_gate_verdicts": [
            {"audience": one.audience, "verdict": "pass", "as_of_date": day - DAY}
        ],
        "state_memberships": list(_stays(one, person, day, customer)),
        "state_waits": list(_waits(one, person, day, customer)),
        "state_gate_verdicts": [
            {"audience": one.audience, "verdict": "pass", "as_of_date": day - DAY}
        ],
    }


def _waits(one: Definition, person: Given, day: date, customer: str) -> Iterator[Row]:
    """For how many days the rule has held before today."""
    if person.matched_since and person.matched_since < day:
        yield {
            "audience": one.audience,
            "customer_id": customer,
            "matched_days": (day - person.matched_since).days,
            "matched_since": person.matched_since,
            "as_of_date": day - DAY,
        }


def _stays(one: Definition, person: Given, day: date, customer: str) -> Iterator[Row]:
    entries: dict[str, int] = {}
    for stay in person.audiences:
        entered, left = (*stay.days, None, None)[:2]
        entries[stay.name] = entries.get(stay.name, 0) + 1
        arm = _arm(one, person.arm) if stay.name == one.audience else None
        yield {
            "audience": stay.name,
            "customer_id": customer,
            "entry_seq": entries[stay.name],
            "entered_at": entered or day - DAY,
            "exited_at": left,
            "exit_reason": "rule" if left else None,
            "arm": arm,
            "is_delivered": arm is None or _delivers(one, arm),
            "as_of_date": left or entered or day - DAY,
        }


def _waits(one: Definition, person: Given, day: date, customer: str) -> Iterator[Row]:
    """The days before this one on which the rule held."""
    if person.matched_since is not None and person.matched_since < day:
        yield {
            "audience": one.audience,
            "customer_id": customer,
            "matched_days": (day - person.matched_since).days,
            "matched_since": person.matched_since,
            "as_of_date": day - DAY,
        }


def _arm(one: Definition, arm: str | None) -> str | None:
    """The arm the person draws: the one given, else the first that delivers."""
    if one.experiment is None:
        return None
    return arm or next(name for name, each in one.experiment.arms.items() if each.delivers)


def _delivers(one: Definition, arm: str) -> bool:
    return one.experiment is not None and one.experiment.arms[arm].delivers


def _customer_id(one: Definition, arm: str | None, holdout: GlobalHoldout | None) -> str:
    """An id whose slot lies in the arm, and outside the global holdout."""

    def is_right(customer: str) -> bool:
        drawn = _arm(one, arm)
        if one.experiment is not None and drawn is not None:
            first, last = one.experiment.arms[drawn].slots
            if not first <= slot(one.experiment.salt, customer) <= last:
                return False
        if holdout is None:
            return True
        first, last = holdout.slots
        return not first <= slot(holdout.salt, customer) <= last

    return next(each for number in count() if is_right(each := f"fixture_{number}"))


def slot(salt: str, customer_id: str) -> int:
    """The slot of an id, as the macro hash_slot draws it."""
    digest = md5(f"{salt}:{customer_id}".encode(), usedforsecurity=False).hexdigest()
    return int(digest[:8], 16) % 10_000
