"""Published values beside ours, computed by the project's own SQL: `make anchors`.

Every line names where its value is printed. A line fails when ours, rounded to the digits printed, is another number.
Data that may not be handed on are read from a folder beside the project; without them their lines are skipped.
"""

import csv
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.settings import ROOT
from tests.statistics.sql import model

DATA = ROOT.parent / "shared" / "data"
CDNOW = DATA / "cdnow" / "CDNOW_sample.txt"
LUNG = DATA / "survival" / "lung.csv"
BASKETS = DATA / "groceries" / "groceries.csv"

Warehouse = duckdb.DuckDBPyConnection


@dataclass(frozen=True)
class Anchor:
    """One published number, as printed, and ours."""

    quantity: str
    published: str
    ours: float

    @property
    def digits(self) -> int:
        """Digits printed after the point."""
        return len(self.published.partition(".")[2])

    @property
    def holds(self) -> bool:
        """Whether ours, rounded to the digits printed, is the published number."""
        return round(self.ours, self.digits) == float(self.published)


@dataclass(frozen=True)
class Subject:
    """Anchors of one source and how to compute them; `data` is the file they need, if any."""

    title: str
    source: str
    compute: Callable[[], list[Anchor]]
    data: Path | None = None


def build(warehouse: Warehouse, names: Iterable[str], **options: object) -> None:
    """Make the tables of models, one after the other, from tables that are there."""
    for name in names:
        warehouse.execute(f"create table {name} as {model(name, **options)}")


def fill(warehouse: Warehouse, table: str, columns: str, rows: Sequence[Sequence[object]]) -> None:
    """Make a table of invented or published rows. `columns` are names with types, as in SQL."""
    warehouse.execute(f"create table {table} ({columns})")
    marks = ", ".join("?" for _ in columns.split(","))
    warehouse.executemany(f"insert into {table} values ({marks})", rows)


def matched(names: Sequence[str], published: Sequence[str], ours: Sequence[float]) -> list[Anchor]:
    """Anchors of parallel lists."""
    return [Anchor(*each) for each in zip(names, published, ours, strict=True)]


def one_row(warehouse: Warehouse, query: str) -> tuple[float, ...]:
    """The only row of a query."""
    [row] = warehouse.execute(query).fetchall()
    return row


def lung_cancer() -> list[Anchor]:
    """Kaplan-Meier, Greenwood and log-rank on the survival times of `lung`; sex 1 is men, 2 women."""
    with LUNG.open() as lines:
        patients = [
            (int(row["time"]), int(row["status"]), row["sex"]) for row in csv.DictReader(lines)
        ]
    with closing(duckdb.connect()) as warehouse:
        fill(warehouse, "patients", "day_number bigint, exits bigint, sex varchar", patients)
        warehouse.execute("""
            create table int_durations_counted as
            select
                'to_churn' as duration_kind, cast(null as varchar) as lifecycle_stage,
                segment_kind, case segment_kind when 'all' then 'all' else sex end as segment_value,
                day_number, cast(sum(exits) as bigint) as exits, cast(count(*) - sum(exits) as bigint) as censored
            from patients cross join (values ('all'), ('sex')) as kinds (segment_kind)
            group by all
        """)
        build(
            warehouse,
            [
                "int_survivals_estimated",
                "rpt_survival",
                "int_survivals_compared",
                "rpt_survival_comparisons",
            ],
        )
        curve = {
            day: (share, error)
            for day, share, error in warehouse.execute(
                "select day_number, survival, survival_error from rpt_survival where segment_kind = 'all'"
            ).fetchall()
        }
        at = {day: curve[max(known for known in curve if known <= day)][0] for day in (180, 365)}
        medians = [
            days
            for (days,) in warehouse.execute(
                "select median_days from rpt_survival_comparisons order by segment_kind, segment_value"
            ).fetchall()
        ]
        test = one_row(
            warehouse,
            "select chi_square, p_value from rpt_survival_comparisons where segment_value = '1'",
        )
    anchors = matched(
        ["median, all", "median, men", "median, women"], ["310", "270", "426"], medians
    )
    anchors += matched(["S(180)", "S(365)"], ["0.72167", "0.40924"], [at[180], at[365]])
    for day, share, error in (
        (5, "0.995614", "0.004376"),
        (11, "0.982456", "0.008695"),
        (12, "0.978070", "0.009699"),
    ):
        anchors += matched([f"S({day})", f"standard error of S({day})"], [share, error], curve[day])
    return anchors + matched(
        ["log-rank chi-square, men and women", "its p-value"], ["10.3267", "0.001311"], test
    )


def groceries() -> list[Anchor]:
    """Pair rules of the Groceries baskets."""
    baskets = [line.split(",") for line in BASKETS.read_text().splitlines()]
    lines = [(f"o{number}", good) for number, basket in enumerate(baskets) for good in basket]
    with closing(duckdb.connect()) as warehouse:
        fill(warehouse, "int_order_products_listed", "order_id varchar, product_id varchar", lines)
        build(warehouse, ["rpt_product_affinity"], variables={"affinity_min_orders": 1})
        rules = one_row(
            warehouse,
            "select count(*) from rpt_product_affinity where support >= 0.01 and confidence >= 0.25",
        )
        berries = one_row(
            warehouse,
            "select support, confidence, lift from rpt_product_affinity"
            " where product_id = 'berries' and other_product_id = 'whipped/sour cream'",
        )
    return matched(
        ["rules of support .01, confidence .25", "berries, cream: support", "confidence", "lift"],
        ["96", "0.009049", "0.272171", "3.796886"],
        [*rules, *berries],
    )


SUBJECTS = [
    Subject(
        "Kaplan-Meier and log-rank, lung cancer", "R survival package, `lung`", lung_cancer, LUNG
    ),
    Subject("Pair rules, Groceries", "Hahsler, Hornik and Reutterer (2006)", groceries, BASKETS),
]


def line(anchor: Anchor) -> str:
    """One printed line: quantity, published, ours with two digits more, the difference, and whether it holds."""
    ours = f"{anchor.ours:.{anchor.digits + 2}f}"
    difference = f"{anchor.ours - float(anchor.published):.1e}"
    mark = "" if anchor.holds else "  DIFFERS"
    return f"  {anchor.quantity:44}{anchor.published:>14}{ours:>18}{difference:>12}{mark}"


def main() -> int:
    """Print every subject. Returns 1 when a printed digit differs, else 0."""
    print(f"  {'':44}{'published':>14}{'ours':>18}{'difference':>12}")
    failed = 0
    for subject in SUBJECTS:
        print(f"\n{subject.title} ({subject.source})")
        if subject.data and not subject.data.exists():
            print(f"  skipped: {subject.data.name} is not on this machine")
            continue
        anchors = subject.compute()
        failed += sum(not anchor.holds for anchor in anchors)
        print("\n".join(line(anchor) for anchor in anchors))
    print(f"\n{failed} differ" if failed else "\nevery printed digit is the same")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
