"""Invented campaigns in an empty warehouse, and the lift models built on them."""

from typing import Any

import duckdb
import numpy as np
import pandas as pd

from tests.statistics.sql import model

LIFT = [
    *("int_campaign_plans_stated", "int_campaign_plans_assumed", "int_campaign_arms_planned"),
    *("int_campaign_splits_checked", "int_campaign_arms_paired", "int_campaign_rates_compared"),
    *("int_campaign_revenues_spread", "int_campaign_revenues_compared"),
    *("int_campaign_verdicts_reached", "rpt_campaign_lift"),
]
EMPTY = """
    create table campaign_arm_shares (campaign_id varchar, arm varchar, share decimal(18, 8));
    create table audience_settings (audience varchar, experiment varchar, phase bigint);
    create table audience_arms (audience varchar, arm varchar, first_slot bigint, last_slot bigint);
    create table audience_global_holdout (experiment varchar, phase bigint, first_slot bigint, last_slot bigint);
    create table int_campaigns_listed (campaign_id varchar, name varchar, program varchar, goal_window_days bigint);
    create table int_campaign_reassignments_counted (campaign_id varchar, reassigned bigint);
    create table int_campaign_conflicts_found (campaign_id varchar, customer_id varchar);
    create table int_campaign_attributions_summed (
        campaign_id varchar, arm varchar, measured_conversions bigint, measured_revenue_amount decimal(18, 4)
    );
    create table int_campaign_people_measured (
        campaign_id varchar, customer_id varchar, arm varchar, is_control boolean, is_assigned boolean,
        starts_at timestamp, is_window_over boolean, converted_at timestamp, revenue_amount decimal(18, 4)
    );
    create table int_campaign_covariates_gathered (
        campaign_id varchar, customer_id varchar, revenue_before_amount decimal(18, 4)
    );
"""
SUMS = {
    **{"campaign_id": "varchar", "arm": "varchar", "is_control": "boolean"},
    **{"first_assigned_on": "date", "assigned": "bigint", "measured": "bigint"},
    **{"converters": "bigint", "revenue_sum": "decimal(38, 4)"},
    **{"revenue_squares": "decimal(38, 8)", "before_sum": "decimal(38, 4)"},
    **{"before_squares": "decimal(38, 8)", "revenue_before_products": "decimal(38, 8)"},
}


def warehouse() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    for statement in EMPTY.split(";"):
        if statement.strip():
            connection.execute(statement)
    return connection


def built(connection: duckdb.DuckDBPyConnection, models: list[str], **variables: Any) -> None:
    for name in models:
        connection.execute(f"create table {name} as {model(name, variables=variables)}")


def summed(frame: pd.DataFrame) -> duckdb.DuckDBPyConnection:
    """A warehouse of campaigns of which only the sums by arm are known; what the frame leaves out is 0."""
    connection = warehouse()
    filled = frame.assign(**{"first_assigned_on": "2026-01-01"})
    filled["assigned"] = filled.get("assigned", filled["measured"])
    casts = [
        f"cast({column if column in filled else '0'} as {kind}) as {column}"
        for column, kind in SUMS.items()
    ]
    connection.register("filled", filled)
    connection.execute(
        f"create table int_campaign_arms_summed as select {', '.join(casts)} from filled"
    )
    return connection


def counted(*arms: tuple[str, str, int, int]) -> pd.DataFrame:
    """Campaign, arm, converters and people; the arm called control is."""
    frame = pd.DataFrame(arms, columns=["campaign_id", "arm", "converters", "measured"])
    return frame.assign(is_control=frame["arm"] == "control")


def measured(rng: np.random.Generator, sizes: dict[str, int]) -> pd.DataFrame:
    """People of one campaign with skewed revenue that goes with what they had ordered before."""
    people = pd.DataFrame({"arm": np.repeat(list(sizes), list(sizes.values()))})
    level = rng.lognormal(3, 0.8, len(people)) * (rng.random(len(people)) < 0.4)
    people["before"] = (level * rng.lognormal(0, 0.4, len(people))).round(2)
    people["revenue"] = (level * rng.lognormal(0, 0.6, len(people))).round(2)
    return people


def of_people(people: pd.DataFrame) -> duckdb.DuckDBPyConnection:
    """A warehouse in which these people were all there is."""
    connection = warehouse()
    connection.register("people", people.assign(number=range(len(people))))
    connection.execute("""
        insert into int_campaign_people_measured
        select 'offer', cast(number as varchar), arm, arm = 'control', true, timestamp '2026-01-01', true,
            case when revenue > 0 then timestamp '2026-01-02' end, cast(revenue as decimal(18, 4))
        from people
    """)
    connection.execute("""
        insert into int_campaign_covariates_gathered
        select 'offer', cast(number as varchar), cast(before as decimal(18, 4)) from people where before > 0
    """)
    built(connection, ["int_campaign_arms_summed", *LIFT])
    return connection
