"""What all marketing is worth: the global holdout as a campaign, from who was drawn to its row of the lift table."""

from datetime import date
from typing import Any

import duckdb
import pytest

from tests.statistics.sql import build

TABLES = """
    create table stg_shop__campaigns (
        campaign_id varchar, name varchar, program varchar, channel varchar, audience varchar, goal_event varchar,
        goal_window_days bigint, cost_amount decimal(18, 4), starts_at timestamp, ends_at timestamp
    );
    create table stg_shop__campaign_assignments (
        campaign_id varchar, customer_id varchar, arm varchar, is_control boolean, assigned_at timestamp
    );
    create table audience_settings as
    select 'buyers' as audience, 'own' as experiment, 1 as phase, null::bigint as step, 'cart' as program,
        'order_conversion' as goal_metric, 14 as goal_window_days;
    create table audience_arms as
    select 'buyers' as audience, unnest(['holdout', 'message']) as arm, unnest([0, 1000]) as first_slot,
        unnest([999, 9999]) as last_slot, unnest([false, true]) as is_delivered;
    create table audience_channels as select 'buyers' as audience, 'email' as channel, 1 as preference;
    create table audience_global_holdout as
    select 'all' as experiment, 1 as phase, 0 as first_slot, 499 as last_slot;
    create table people as
    select 'c' || n as customer_id, if(n % 20 = 0, 'holdout', 'rest') as arm, n // 20 % 2 = 1 as is_late,
        n % 10 in (3, 5) as is_sent, n // 40 % if(n % 20 = 0, 5, 4) = 0 as buys
    from range(8000) as numbers(n);
    create table stg_state__assignments as
    select 'all' as experiment, 1 as phase, customer_id, arm, null::bigint as slot, arm <> 'holdout' as is_delivered,
        if(is_late, timestamp '2026-03-01', timestamp '2025-12-01') as assigned_at
    from people
    union all
    select 'own', 1, customer_id, 'message', null, true, timestamp '2025-12-01' from people where is_sent;
    create table dim_customers as
    select customer_id, customer_id || '@example.com' as email, null as phone from people;
    create table int_messages_summed as
    select 'own:1' as campaign_id, customer_id, timestamp '2025-12-02' as sent_at from people where is_sent;
    create table int_goal_events_listed as
    select customer_id, 'order_completed' as event_name, timestamp '2026-02-01' as occurred_at, 50 as net_amount
    from people where buys;
    create table quarantine__campaign_assignments (
        campaign_id varchar, customer_id varchar, arm varchar, reason varchar
    );
    create table int_campaign_covariates_gathered (
        campaign_id varchar, customer_id varchar, revenue_before_amount decimal(18, 4)
    );
    create table int_campaign_attributions_summed (
        campaign_id varchar, arm varchar, measured_conversions bigint, measured_revenue_amount decimal(18, 4)
    );
"""


@pytest.fixture(scope="module")
def lift() -> dict[str, Any]:
    """The row of the global holdout of 8,000 people, half of them drawn too lately to be measured."""
    with duckdb.connect() as warehouse:
        for statement in TABLES.split(";"):
            warehouse.execute(statement)
        build(warehouse, "rpt_campaign_lift")
        [row] = (
            warehouse.sql("from rpt_campaign_lift where campaign_id = 'all:1'")
            .df()
            .to_dict("records")
        )
    return {str(name): value for name, value in row.items()}


def test_everybody_drawn_is_compared_sent_to_or_not(lift: dict[str, Any]) -> None:
    assert (lift["arm"], lift["arm_assigned"], lift["control_assigned"]) == ("rest", 7600, 400)
    assert (lift["plan_source"], lift["arm_conflicts"]) == ("stated", 0)
    assert lift["srm_p_value"] > 0.9


def test_orders_count_for_longer_than_one_message_works(lift: dict[str, Any]) -> None:
    """Two months after people were drawn; of those drawn in March the window is not over."""
    assert (lift["arm_people"], lift["control_people"]) == (3800, 200)
    assert (lift["arm_rate"], lift["control_rate"]) == (0.25, 0.2)
    assert lift["readable_on"].date() == date(2026, 3, 2)
    assert lift["arm_revenue_per_person_amount"] == pytest.approx(12.5)
