"""Breakers hold a run until somebody names the one to override."""

from dataclasses import replace
from datetime import date

import pytest

from audiences.errors import InputError
from reverse_etl.context import SyncContext
from reverse_etl.history import sync_log, sync_status
from reverse_etl.simulators.webhook import WebhookSimulator
from reverse_etl.spec import Breakers, Sync
from reverse_etl.sync import apply_sync, plan_sync
from tests.reverse_etl.conftest import AS_OF, Shop
from tests.reverse_etl.told import held_ids, with_breakers


@pytest.mark.parametrize(
    ("breakers", "people", "reason"),
    [
        (Breakers(), [], "allow_empty: the audience is empty, 4 were delivered before"),
        (Breakers(), ["a", "b"], "max_removed_share: 2 of 4 (50.0%) is above 30.0%"),
        (
            Breakers(max_changed_share=0),
            ["a", "b", "c", "d!"],
            "max_changed_share: 1 of 4 (25.0%) is above 0.0%",
        ),
    ],
)
def test_breakers_hold(  # noqa: PLR0917
    shop: Shop,
    context: SyncContext,
    hook: Sync,
    receiver: WebhookSimulator,
    breakers: Breakers,
    people: list[str],
    reason: str,
) -> None:
    hook = replace(hook, breakers=breakers)
    shop.named(*"abcd")
    assert apply_sync(hook, context).exit_code == 0
    shop.people([{"customer_id": p[0], "email": f"{p}@example.com"} for p in people])
    plan, result = plan_sync(hook, context), apply_sync(hook, context)
    assert plan.held_reason == result.held_reason == reason
    assert (result.status, result.exit_code, len(receiver.requests)) == ("held", 1, 1)
    last = sync_status(hook, context.state_dir).last_run
    assert last is not None
    assert (last.status, last.reason) == ("held", reason)


def test_an_empty_audience_may_be_allowed(
    shop: Shop, context: SyncContext, hook: Sync, receiver: WebhookSimulator
) -> None:
    shop.people([])
    nothing = apply_sync(hook, context)
    assert (nothing.status, nothing.exit_code, len(receiver.requests)) == ("unchanged", 0, 0)
    shop.named("a", "b")
    apply_sync(hook, context)
    shop.people([])
    result = apply_sync(with_breakers(hook, allow_empty=True, max_removed_share=0.3), context)
    assert (result.removals, result.exit_code, held_ids(receiver)) == (2, 0, set())


def test_a_failing_missing_or_stale_gate_holds(
    shop: Shop, context: SyncContext, hook: Sync, receiver: WebhookSimulator
) -> None:
    shop.verdict = ("hold", "the audience halved")
    shop.named("a")
    assert apply_sync(hook, context).held_reason == "gate: the audience halved"
    shop.verdict = None
    shop.named("a")
    assert "it has no run" in str(apply_sync(hook, context).held_reason)
    shop.verdict, shop.day = ("pass", None), date(2026, 3, 30)
    shop.named("a")
    assert "its newest run is of 2026-03-30" in str(apply_sync(hook, context).held_reason)
    shop.day = AS_OF
    shop.named("a", as_of_date=date(2026, 3, 29))
    assert "its rows are of 2026-03-29" in str(apply_sync(hook, context).held_reason)
    assert len(receiver.requests) == 0


def test_a_breaker_that_is_named_does_not_hold_the_run(
    shop: Shop, context: SyncContext, hook: Sync, receiver: WebhookSimulator
) -> None:
    hook = replace(hook, breakers=Breakers(max_changed_share=0, max_removed_share=0))
    shop.named(*"abcd")
    apply_sync(hook, context)
    shop.people([{"customer_id": key, "email": "new@example.com"} for key in "ab"])
    held = plan_sync(hook, context).held_reason
    assert held is not None
    assert "max_removed_share: 2 of 4" in held
    assert "max_changed_share: 2 of 4" in held
    one = apply_sync(hook, context, accept=["max_removed_share"])
    assert (one.status, one.held_reason) == (
        "held",
        "max_changed_share: 2 of 4 (50.0%) is above 0.0%",
    )
    both = apply_sync(hook, context, accept=["max_removed_share", "max_changed_share"])
    assert (both.status, held_ids(receiver)) == ("delivered", {"a", "b"})
    runs, _ = sync_log(hook, context.state_dir)
    assert runs[0].accepted_breakers == "max_removed_share, max_changed_share"


def test_an_old_audience_that_passed_its_gate_may_be_accepted(
    shop: Shop, context: SyncContext, hook: Sync, receiver: WebhookSimulator
) -> None:
    shop.day = date(2026, 3, 30)
    shop.named("a")
    assert apply_sync(hook, context, accept=["stale_audience"]).status == "delivered"
    shop.verdict = ("hold", "the audience halved")
    shop.named("a", "b")
    result = apply_sync(hook, context, accept=["stale_audience"])
    assert result.held_reason == "gate: the audience halved"
    assert held_ids(receiver) == {"a"}


@pytest.mark.parametrize(
    ("name", "fix"),
    [("gate", "perennial audiences accept people"), ("max_remved_share", "max_removed_share")],
)
def test_a_breaker_to_accept_must_be_one(
    shop: Shop, context: SyncContext, hook: Sync, name: str, fix: str
) -> None:
    shop.named("a")
    with pytest.raises(InputError, match=f"--accept {name}") as refused:
        apply_sync(hook, context, accept=[name])
    assert fix in refused.value.fix
