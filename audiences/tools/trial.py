"""Runs the fixture people of definitions through the models, in memory: what became of them, beside what should.

The models are the real ones, rendered for a day far away that is replaced by the tests' day in their text. The people
of a day are tried together, for nothing but the room in an audience and a shared address makes one depend on
another; where room is short, each is alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import duckdb

from audiences.dispositions import NOT_MATCHED
from audiences.errors import InputError
from audiences.explain import explain
from audiences.language.columns import Traits
from audiences.language.fixtures import Expect, Fixture, Given, resolve
from audiences.language.global_holdout import GlobalHoldout
from audiences.spec import Definition
from audiences.tools.invented import draw_id, rows_of

SENTINEL = date(2001, 1, 1)


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
    decided_by: str = ""

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


@dataclass(frozen=True)
class Case:
    """One test: its person, with an id that draws the right arm."""

    one: Definition
    test: Fixture
    day: date
    person: Given
    customer: str

    @property
    def address(self) -> str | None:
        """The address the test gives; people who share one would share an arm too."""
        given = self.person.traits.get("email")
        return given.strip().lower() if given else None


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
    cases = list(_cases(definitions, holdout))
    with duckdb.connect(":memory:") as connection:
        _furnish(connection, models)
        for together in _groups(cases, definitions):
            _fill(connection, models, together)
            build(connection, models, together[0].day)
            for case in together:
                yield _outcome(connection, case, traits)


def _cases(definitions: Sequence[Definition], holdout: GlobalHoldout | None) -> Iterator[Case]:
    taken: set[str] = set()
    for one in definitions:
        for test, (day, person) in zip(one.tests, resolve(one.tests).values(), strict=True):
            customer = draw_id(one, person.arm, holdout, taken)
            taken.add(customer)
            yield Case(one, test, day, person, customer)


def _groups(cases: Sequence[Case], definitions: Sequence[Definition]) -> list[list[Case]]:
    """Those who may be tried together."""
    room = min((one.entry.capacity.max for one in definitions if one.entry.capacity), default=None)
    if room is not None and room < len(cases):
        return [[case] for case in cases]
    groups: dict[tuple[date, int], list[Case]] = {}
    for case in cases:
        turn = 0
        while case.address and case.address in (
            other.address for other in groups.get((case.day, turn), ())
        ):
            turn += 1
        groups.setdefault((case.day, turn), []).append(case)
    return list(groups.values())


def _outcome(connection: duckdb.DuckDBPyConnection, case: Case, traits: Traits) -> Outcome:
    """What became of the person; what decided it is looked up only for a test that failed."""
    found = connection.execute(
        "select disposition, arm from audiences.audience_dispositions where audience = ? and customer_id = ?",
        [case.one.audience, case.customer],
    ).fetchone()
    disposition, arm = found or (NOT_MATCHED, None)
    outcome = Outcome(case.one.audience, case.test.name, case.test.expect, disposition, arm)
    if outcome.passed:
        return outcome
    decided_by = explain(connection, case.one, traits, case.customer).decided_by
    return replace(outcome, decided_by=decided_by)


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


def _fill(connection: duckdb.DuckDBPyConnection, models: Models, cases: Sequence[Case]) -> None:
    """Fill the tables with what the tests say of their people."""
    for relation in models.tables:
        connection.execute(f"delete from {relation}")
    for case in cases:
        for table, rows in rows_of(case.one, case.person, case.day, case.customer).items():
            for row in rows:
                columns = ", ".join(f'"{name}"' for name in row)
                marks = ", ".join("?" for _ in row)
                insert = f"insert into {models.relation(table)} ({columns}) values ({marks})"
                try:
                    connection.execute(insert, list(row.values()))
                except duckdb.ConversionException:
                    what = f"{case.one.audience}: {case.test.name}"
                    fix = "write numbers as 1.5, days as 2026-03-01 and true or false"
                    problem = f"{what}: a value of {table} has another type"
                    raise InputError(problem, fix) from None
