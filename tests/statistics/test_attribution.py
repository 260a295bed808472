"""Which campaign a goal is put down to, against a plain loop."""

from datetime import datetime, timedelta

import duckdb
import numpy as np

from tests.statistics.campaigns import (
    built,
)

WINDOWS = [
    ("email", "clicked", 5),
    ("email", "opened", 5),
    ("sms", "delivered", 1),
    ("push", "opened", 2),
]


def test_attribution_equals_a_plain_loop() -> None:
    """Random touches and goals of 60 people on half-day steps, so that ties and borders abound; seed 20260402."""
    rng, start = np.random.default_rng(20260402), datetime(2026, 1, 1)

    def instant() -> datetime:
        return start + timedelta(hours=12 * int(rng.integers(0, 60)))

    people = [f"p{number}" for number in range(60)]
    kinds = [*WINDOWS, ("email", "delivered", 0), ("webhook", "clicked", 0)]
    touches = []
    for number in range(900):
        channel, event, _ = kinds[rng.integers(len(kinds))]
        is_machine = bool(rng.random() < 0.2) if event in ("opened", "clicked") else None
        campaign = f"c{rng.integers(6)}" if rng.random() < 0.9 else None
        touches.append(
            (
                f"e{number:04}",
                people[rng.integers(60)],
                campaign,
                channel,
                event,
                is_machine,
                instant(),
            )
        )
    goals = sorted(
        {(people[rng.integers(60)], "order_completed", instant(), 10) for _ in range(600)}
    )
    connection = duckdb.connect()
    connection.execute(
        "create table attribution_windows (channel varchar, touch varchar, days bigint)"
    )
    connection.executemany("insert into attribution_windows values (?, ?, ?)", WINDOWS)
    connection.execute("""
        create table stg_shop__message_events (
            message_event_id varchar, customer_id varchar, campaign_id varchar, channel varchar, event varchar,
            is_machine boolean, occurred_at timestamp
        )
    """)
    connection.executemany(
        "insert into stg_shop__message_events values (?, ?, ?, ?, ?, ?, ?)", touches
    )
    connection.execute("""
        create table int_goal_events_listed (
            customer_id varchar, event_name varchar, occurred_at timestamp, net_amount decimal(18, 4)
        )
    """)
    connection.executemany("insert into int_goal_events_listed values (?, ?, ?, ?)", goals)
    built(
        connection,
        ["int_campaign_touches_listed", "int_goal_touches_found", "int_goal_events_attributed"],
    )
    found = connection.execute(
        "select customer_id, occurred_at, campaign_id, touched_at from int_goal_events_attributed"
    ).fetchall()
    days = {(channel, event): days for channel, event, days in WINDOWS}
    expected = {}
    for person, _, occurred_at, _ in goals:
        inside = [
            (touched_at, campaign)
            for _, toucher, campaign, channel, event, is_machine, touched_at in touches
            if toucher == person
            and campaign
            and not is_machine
            and (channel, event) in days
            and timedelta(0) <= occurred_at - touched_at <= timedelta(days=days[channel, event])
        ]
        if inside:
            latest = max(touched_at for touched_at, _ in inside)
            expected[person, occurred_at] = (latest, {c for at, c in inside if at == latest})
    assert len(found) == len(expected) > 200
    for person, occurred_at, campaign, touched_at in found:
        latest, campaigns = expected[person, occurred_at]
        assert touched_at == latest
        assert campaign in campaigns
