"""Published values beside ours, computed by the project's own SQL: `make anchors`.

Every line names where its value is printed. A line fails when ours, rounded to the digits printed, is another number.
Data that may not be handed on are read from a folder beside the project; without them their lines are skipped.
"""

import csv
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path

import duckdb

from orchestration.settings import ROOT
from tests.statistics.sql import model, render

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
    marks = ", ".join("?" for _ in rows[0])
    warehouse.executemany(f"insert into {table} values ({marks})", rows)


def matched(names: Sequence[str], published: Sequence[str], ours: Sequence[float]) -> list[Anchor]:
    """Anchors of parallel lists."""
    return [Anchor(*each) for each in zip(names, published, ours, strict=True)]


def one_row(warehouse: Warehouse, query: str) -> tuple[float, ...]:
    """The only row of a query."""
    [row] = warehouse.execute(query).fetchall()
    return row


PURCHASE_MODELS = [
    "int_forecast_origins_listed",
    "int_purchase_histories_summed",
    "int_purchase_patterns_counted",
    "int_numbers_listed",
    "int_repeat_purchases_counted",
    "int_purchase_evidence_gathered",
    "int_purchase_models_listed",
    "int_nbd_models_fitted",
    "int_dropout_models_fitted",
    "int_purchase_models_fitted",
    "int_spend_evidence_gathered",
    "int_spend_models_fitted",
]


@cache
def cdnow() -> dict[str, dict[str, float]]:
    """Rows of the models fitted to the first 39 weeks of CDNOW, by the name of the model."""
    purchases: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for line in CDNOW.read_text().splitlines():
        _, customer, day, _, dollars = line.split()
        purchases[customer, f"{day[:4]}-{day[4:6]}-{day[6:]}"] += Decimal(dollars)
    rows = [(customer, day, None, dollars) for (customer, day), dollars in purchases.items()]
    columns = "customer_id varchar, purchased_on date, voided_on date, net_amount decimal(18, 4)"
    with closing(duckdb.connect()) as warehouse:
        fill(warehouse, "int_purchase_days_merged", columns, rows)
        build(warehouse, PURCHASE_MODELS, as_of="1997-09-30")
        found = {}
        for table in ("int_purchase_models_fitted", "int_spend_models_fitted"):
            result = warehouse.execute(f"from {table} where origin_on = date '1997-09-30'")
            names = [column[0] for column in result.description]
            for row in result.fetchall():
                fit = dict(zip(names, row, strict=True))
                found[fit.get("model", "gamma_gamma")] = fit
    return found


def parameters(
    model_name: str, published: dict[str, tuple[str, str | None]], likelihood: str
) -> list[Anchor]:
    """Anchors of one fitted model: each parameter with its standard error, and the log-likelihood."""
    fit = cdnow()[model_name]
    anchors = []
    for name, (value, error) in published.items():
        anchors.append(Anchor(name, value, fit[name]))
        if error:
            anchors.append(Anchor(f"standard error of {name}", error, fit[f"{name}_error"]))
    return [*anchors, Anchor("log-likelihood", likelihood, fit["log_likelihood"])]


def bgnbd() -> list[Anchor]:
    """BG/NBD on CDNOW."""
    published = {
        "r": (".243", ".01256"),
        "alpha": ("4.414", ".3782"),
        "a": (".793", ".1857"),
        "b": ("2.426", ".7054"),
    }
    return parameters("bgnbd", published, "-9582.4")


def mbgnbd() -> list[Anchor]:
    """MBG/NBD on CDNOW."""
    published = {
        "r": (".525", ".0833"),
        "alpha": ("6.183", ".6956"),
        "a": (".891", ".1548"),
        "b": ("1.614", ".5375"),
    }
    return parameters("mbgnbd", published, "-9582.1")


def gamma_gamma() -> list[Anchor]:
    """Gamma-Gamma on CDNOW."""
    fit = cdnow()["gamma_gamma"]
    mean = fit["p"] * fit["v"] / (fit["q"] - 1)
    published = {"p": ("6.25", None), "q": ("3.74", None), "v": ("15.44", None)}
    return [
        *parameters("gamma_gamma", published, "-4055.92"),
        Anchor("mean of a purchase", "35.17", mean),
    ]


def contracts(survivors: Sequence[int], published: dict[str, str], likelihood: str) -> list[Anchor]:
    """Anchors of sBG fitted to how many of 1,000 subscribers were left after each year."""
    rows = [
        (year, left, before - left)
        for year, (before, left) in enumerate(pairwise(survivors), start=1)
    ]
    columns = "month_number bigint, kept_subscriptions bigint, lost_subscriptions bigint"
    with closing(duckdb.connect()) as warehouse:
        fill(warehouse, "int_contract_tenures_counted", columns, rows)
        warehouse.execute("create table stg_shop__subscriptions (started_at timestamp)")
        build(warehouse, ["int_contract_models_fitted"])
        fit = one_row(
            warehouse, "select alpha, beta, log_likelihood from int_contract_models_fitted"
        )
    return matched([*published, "log-likelihood"], [*published.values(), likelihood], fit)


def high_end() -> list[Anchor]:
    """Subscribers of the high-end segment."""
    survivors = [1000, 869, 743, 653, 593, 551, 517, 491]
    return contracts(survivors, {"alpha": ".668", "beta": "3.806"}, "-1611.2")


def regular() -> list[Anchor]:
    """Subscribers of the regular segment."""
    survivors = [1000, 631, 468, 382, 326, 289, 262, 241]
    return contracts(survivors, {"alpha": ".704", "beta": "1.182"}, "-1680.3")


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


def satisfaction() -> list[Anchor]:
    """Wilson's interval of 5 in 83, as a satisfaction share."""
    with closing(duckdb.connect()) as warehouse:
        columns = "survey varchar, period_start date, cut_kind varchar, cut_value varchar, responses bigint"
        row = ("csat", "2026-01-01", "all", "all", 83, 5, 0)
        fill(
            warehouse,
            "int_survey_answers_counted",
            f"{columns}, good bigint, unmapped bigint",
            [row],
        )
        build(warehouse, ["int_survey_shares_bounded"])
        ends = one_row(
            warehouse, "select good_share_low, good_share_high from int_survey_shares_bounded"
        )
    return matched(["5 of 83, low", "5 of 83, high"], ["0.026003", "0.133384"], ends)


def two_proportions() -> list[Anchor]:
    """A campaign of two arms, as statsmodels' example, and the smokers of R's example by the chi-square tail."""
    columns = (
        "campaign_id varchar, arm varchar, arms bigint, obstacle varchar, arm_converters bigint"
    )
    columns += ", arm_measured bigint, control_converters bigint, control_measured bigint"
    with closing(duckdb.connect()) as warehouse:
        fill(warehouse, "int_campaign_arms_paired", columns, [("c", "a", 1, None, 5, 83, 12, 99)])
        build(warehouse, ["int_campaign_rates_compared"])
        pair = one_row(warehouse, "select p_value from int_campaign_rates_compared")
        fill(
            warehouse,
            "smokers",
            "smoking double, patients double",
            [(83, 86), (90, 93), (129, 136), (70, 82)],
        )
        smokers = one_row(
            warehouse,
            render("""
                with shares as (select sum(smoking) / sum(patients) as share from smokers),
                tested as (
                    select sum(power(smoking - patients * share, 2) / (patients * share * (1 - share))) as chi_square
                    from smokers cross join shares
                )
                select chi_square, {{ chi_square_tail('chi_square', '3') }} from tested
            """),
        )
    return matched(
        ["5 of 83 against 12 of 99: p-value", "smokers of 4 groups: chi-square", "its p-value"],
        ["0.159181", "12.6004", "0.005585"],
        [*pair, *smokers],
    )


NPS = {
    (60, 30, 10): ("50", "35.467", "61.621"),
    (25, 15, 10): ("30", None, None),
    (7, 2, 1): ("60", "7.04", "85.27"),
}


def net_promoter_score() -> list[Anchor]:
    """Adjusted-Wald intervals of promoters, passives and detractors."""
    with closing(duckdb.connect()) as warehouse:
        rows = [
            (f"2026-0{number}-01", sum(answers), *answers)
            for number, answers in enumerate(NPS, start=1)
        ]
        fill(
            warehouse,
            "given",
            "period_start date, responses bigint, promoters bigint, passives bigint, detractors bigint",
            rows,
        )
        warehouse.execute("""
            create table int_nps_answers_counted as
            select 'latest_answers' as counting, 'all' as segment_kind, 'all' as segment_value, * from given
        """)
        build(warehouse, ["int_nps_scores_bounded"])
        ours = warehouse.execute(
            "select nps, nps_low, nps_high from int_nps_scores_bounded order by period_start"
        ).fetchall()
    anchors = []
    for answers, published, computed in zip(NPS, NPS.values(), ours, strict=True):
        for quantity, digits, value in zip(
            ("NPS", "low", "high"), published, computed, strict=True
        ):
            if digits:
                anchors.append(
                    Anchor(
                        f"{answers[0]}, {answers[1]}, {answers[2]} answers: {quantity}",
                        digits,
                        value,
                    )
                )
    return anchors


SUBJECTS = [
    Subject("BG/NBD, CDNOW", "Fader, Hardie and Lee 2005", bgnbd, CDNOW),
    Subject("MBG/NBD, CDNOW", "lifetimes and BTYDplus test suites", mbgnbd, CDNOW),
    Subject("Gamma-Gamma, CDNOW", "Fader and Hardie 2013", gamma_gamma, CDNOW),
    Subject("sBG, High End", "Fader and Hardie 2007", high_end),
    Subject("sBG, Regular", "Fader and Hardie 2007", regular),
    Subject("Wilson interval", "statsmodels documentation", satisfaction),
    Subject("Two proportions", "statsmodels and R documentation", two_proportions),
    Subject("Net promoter score", "closed form, cybaea.net 2016", net_promoter_score),
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
