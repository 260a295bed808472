"""Published survival curves, tests, intervals and pair rules."""

import csv
from contextlib import closing

import duckdb

from tests.statistics.published import DATA, Anchor, build, fill, matched, one_row
from tests.statistics.sql import render

LUNG = DATA / "survival" / "lung.csv"
BASKETS = DATA / "groceries" / "groceries.csv"


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
