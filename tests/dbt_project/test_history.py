"""Histories tell what a run on a past day would have said: raw tables cut at that day give the same rows."""

import json
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from orchestration.sample.command import write_sample
from orchestration.sample.generator import Shop
from tests.conftest import Place, make_place

pytestmark = pytest.mark.slow

TODAY = date(2026, 3, 31)
SHOP = Shop(customers=400, months=24, seed=11, end=TODAY, chunk=400)
VARS = json.dumps({"activity_events": ["checkout_started"]})
PAST_DAYS = [TODAY - timedelta(days=days) for days in (20, 59, 151, 304, 486)]

# Written by hand from the public contract, so that the cut does not share its rules with the models it tests.
PRIMARY = {
    "customers": "created_at",
    "accounts": "created_at",
    "identities": "linked_at",
    "orders": "ordered_at",
    "payment_attempts": "attempted_at",
    "subscriptions": "started_at",
    "events": "occurred_at",
    "campaigns": "starts_at",
    "campaign_assignments": "assigned_at",
    "message_events": "occurred_at",
    "survey_responses": "responded_at",
    "reviews": "reviewed_at",
    "support_tickets": "opened_at",
    "referrals": "invited_at",
    "loyalty_events": "occurred_at",
    "consents": "occurred_at",
    "interests": "declared_at",
    "ad_spend": "spend_date",
    "exchange_rates": "rate_date",
    "erasures": "requested_at",
}
# A later instant, and what the row says before it has come.
LATER = {
    "customers": {"updated_at": {}, "deleted_at": {}},
    "orders": {
        "updated_at": {},
        "cancelled_at": {"status": "'completed'"},
        "refunded_at": {"status": "'completed'", "refunded_amount": "null"},
    },
    "subscriptions": {"trial_ended_at": {}, "ended_at": {"cancel_reason": "null"}},
    "support_tickets": {"closed_at": {}},
    "referrals": {
        "signed_up_at": {"referee_customer_id": "null"},
        "qualified_at": {"reward_amount": "null"},
    },
    "shipments": {"shipped_at": {}, "delivered_at": {}},
}


def cut(raw: Path, day: date, to: Path) -> None:
    """What the raw folder would have held at the end of a past day."""
    to.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        for source in sorted(raw.iterdir()):
            if source.name.startswith("_"):
                continue
            files = f"{source}/*.parquet" if source.is_dir() else str(source)
            connection.execute(f"""
                copy (select * {replacements(source.stem, day)} from '{files}' {kept(source.stem, day)})
                to '{to}/{source.stem}.parquet' (format parquet)
            """)


def after(column: str, day: date) -> str:
    return (
        f"coalesce(try_cast({column} as timestamp) >= timestamp '{day + timedelta(days=1)}', false)"
    )


def kept(table: str, day: date) -> str:
    return f"where not {after(PRIMARY[table], day)}" if table in PRIMARY else ""


def replacements(table: str, day: date) -> str:
    """`replace (...)` that nulls later instants and takes back what hangs on them."""
    values: dict[str, str] = {}
    for instant, hanging in LATER.get(table, {}).items():
        for column, before in {instant: "null", **hanging}.items():
            values[column] = (
                f"case when {after(instant, day)} then {before} else {values.get(column, column)} end"
            )
    listed = ", ".join(f"{value} as {column}" for column, value in values.items())
    return f"replace ({listed})" if listed else ""


def take_back(raw: Path) -> None:
    """Cancel and refund many orders of the sample, at midnight, days or months after they were placed."""
    orders, planted = raw / "orders.parquet", raw / "planted.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"""
            copy (
                select * replace (
                    case when kind = 0 then 'cancelled' when kind in (1, 2) then 'refunded' else status end as status,
                    case when kind = 0 then taken_back_at else cancelled_at end as cancelled_at,
                    case when kind in (1, 2) then taken_back_at else refunded_at end as refunded_at,
                    case kind when 1 then gross_amount when 2 then gross_amount / 2 else refunded_amount end
                        as refunded_amount
                )
                from (
                    select
                        *,
                        case when status = 'completed' then hash(order_id) % 12 end as kind,
                        least(
                            date_trunc('day', ordered_at) + to_days(1 + cast(hash(order_id, 1) % 150 as integer)),
                            timestamp '{TODAY}'
                        ) as taken_back_at
                    from '{orders}'
                )
            ) to '{planted}' (format parquet)
        """)
        connection.execute(
            f"copy (select * exclude (kind, taken_back_at) from '{planted}') to '{orders}'"
        )
    planted.unlink()


def stages(place: Place, until: date) -> list[tuple]:
    """All stays begun by the end of a day, as they stood then."""
    return place.rows(
        """
        select
            customer_id, lifecycle_stage, entered_at, entry_reason,
            case when exited_at <= cast($1 as timestamp) then exited_at end as exited_at
        from lifecycle.fct_lifecycle_stages
        where entered_at <= cast($1 as timestamp)
        order by customer_id, entered_at
        """,
        [until],
    )


def tiers(place: Place, until: date) -> list[tuple]:
    """All loyalty tiers entered by the end of a day, as they stood then."""
    return place.rows(
        """
        select
            customer_id, tier, entered_at, entry_reason,
            case when exited_at <= cast($1 as timestamp) then exited_at end as exited_at
        from loyalty.fct_loyalty_tiers
        where entered_at <= cast($1 as timestamp)
        order by customer_id, entered_at
        """,
        [until],
    )


def build(place: Place) -> Place:
    models = ("+fct_lifecycle_stages", "+fct_loyalty_tiers")
    types = [f"--exclude-resource-type={kind}" for kind in ("test", "unit_test")]
    finished = place.dbt("build", "--quiet", *types, "--select", *models, "--vars", VARS)
    assert finished.returncode == 0, finished.stdout
    return place


@pytest.fixture(scope="module")
def today(tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = make_place(tmp_path_factory.mktemp("today"), TODAY)
    write_sample(SHOP, place.settings.raw_dir, lambda done, step, steps: None)
    take_back(place.settings.raw_dir)
    return build(place)


@pytest.mark.parametrize("day", PAST_DAYS, ids=str)
def test_a_past_day_recomputed_is_what_the_history_says(
    today: Place, tmp_path: Path, day: date
) -> None:
    past = make_place(tmp_path / "past", day)
    cut(today.settings.raw_dir, day, past.settings.raw_dir)
    recomputed = stages(build(past), day)
    assert len(recomputed) > 100
    assert recomputed == stages(today, day)
    assert tiers(past, day) == tiers(today, day)


def test_tiers_are_gained_and_lost(today: Place) -> None:
    reasons = {reason for _, _, _, reason, _ in tiers(today, TODAY)}
    assert reasons == {"joined", "upgraded", "downgraded"}


@pytest.mark.parametrize("day", PAST_DAYS, ids=str)
def test_orders_of_before_are_taken_back_after(today: Place, day: date) -> None:
    [[cancelled, refunded]] = today.rows(
        """
        select
            count(*) filter (where cancelled_at >= cast($1 as timestamp) + interval 1 day),
            count(*) filter (where refunded_at >= cast($1 as timestamp) + interval 1 day)
        from staging.stg_shop__orders where ordered_at < cast($1 as timestamp)
        """,
        [day],
    )
    assert cancelled > 0
    assert refunded > 0
