"""Syncs when rows are refused, settings are missing, the destination is down or two runs meet."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from audiences.errors import WorkError
from reverse_etl.context import SyncContext
from reverse_etl.errors import SyncError
from reverse_etl.history import sync_log, sync_status
from reverse_etl.ledger_file import open_ledger
from reverse_etl.simulators.base import Fault
from reverse_etl.simulators.webhook import WebhookSimulator
from reverse_etl.spec import Sync
from reverse_etl.sync import apply_sync, plan_sync
from tests.reverse_etl.conftest import FILE, MakeSync, Shop
from tests.reverse_etl.told import held_ids, receipts, with_breakers


def test_rejected_rows_wait_until_they_change_or_are_retried(
    shop: Shop, context: SyncContext, hook: Sync, receiver: WebhookSimulator
) -> None:
    receiver.judge = lambda member: "bad" if member["external_id"] in "ab" else None
    shop.named(*"abc")
    assert apply_sync(hook, context).rejected == 2
    quiet = apply_sync(hook, context)
    assert (quiet.requests, quiet.waiting) == (0, 2)
    receiver.judge = lambda _member: None
    shop.people(
        [
            {"customer_id": "a", "email": "new@example.com"},
            {"customer_id": "b", "email": "b@example.com"},
            {"customer_id": "c", "email": "c@example.com"},
        ]
    )
    assert apply_sync(hook, context).accepted == 1
    assert apply_sync(hook, context, retry_rejected=True).accepted == 1
    assert held_ids(receiver) == set("abc")


@pytest.mark.parametrize(("limit", "code"), [(0.05, 1), (0.25, 1), (0.26, 0)])
def test_the_share_of_rejected_rows_decides_the_exit_code(  # noqa: PLR0917
    shop: Shop,
    context: SyncContext,
    hook: Sync,
    receiver: WebhookSimulator,
    limit: float,
    code: int,
) -> None:
    receiver.judge = lambda member: "bad" if member["external_id"] == "a" else None
    shop.named(*"abcd")
    result = apply_sync(with_breakers(hook, max_rejected_share=limit), context)
    assert (result.accepted, result.rejected, result.exit_code) == (3, 1, code)


def test_a_paused_sync_is_planned_and_not_applied(
    shop: Shop, context: SyncContext, hook: Sync
) -> None:
    shop.named("a")
    paused = replace(hook, status="paused")
    assert plan_sync(paused, context).adds == 1
    with pytest.raises(SyncError, match="status: is 'paused'"):
        apply_sync(paused, context)


def test_an_unset_variable_is_named_when_applied(
    shop: Shop, context: SyncContext, hook: Sync
) -> None:
    shop.named("a")
    empty = replace(context, environment={})
    assert plan_sync(hook, empty).adds == 1
    with pytest.raises(
        SyncError, match=r"people_to_webhook.yml: connection.signing_secret: \$\{HOOK_SECRET\}"
    ):
        apply_sync(hook, empty)


def test_an_audience_without_contact_leaves_as_a_file_only(
    shop: Shop, context: SyncContext, hook: Sync, make_sync: MakeSync
) -> None:
    shop.needs_contact = False
    shop.blocks = [
        ("a", "email", "newsletter", "withdrawn"),
        ("b", "email", "newsletter", "erased"),
    ]
    shop.named("a", "b", contact_channel=None)
    with pytest.raises(SyncError, match="'contact: none', which webhook does not accept"):
        apply_sync(hook, context)
    result = apply_sync(make_sync(FILE), context)
    assert (result.accepted, result.withheld) == (1, 1)


def test_one_run_of_a_sync_at_a_time(shop: Shop, context: SyncContext, hook: Sync) -> None:
    shop.named("a")
    with (
        open_ledger(context.state_dir, hook.name),
        pytest.raises(WorkError, match="another run of it is active"),
    ):
        apply_sync(hook, context)


def test_what_a_killed_run_left_beside_its_ledger_is_removed(
    shop: Shop, context: SyncContext, hook: Sync
) -> None:
    left = context.state_dir / "ledgers" / f"{hook.name}.duckdb.tmp" / "spilled.tmp"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"a@example.com")
    shop.named("a")
    apply_sync(hook, context)
    assert not left.parent.exists()


def test_a_missing_audience_column_or_warehouse_is_named(
    shop: Shop, context: SyncContext, hook: Sync, make_sync: MakeSync
) -> None:
    with pytest.raises(WorkError, match="no warehouse"):
        apply_sync(hook, context)
    shop.named("a")
    mapping = {"id": {"column": "customer_id"}, "x": {"column": "shoe_size"}}
    with pytest.raises(SyncError, match=r"mapping.x.column: 'shoe_size' is no column"):
        plan_sync(make_sync(mapping=mapping), context)
    with pytest.raises(WorkError, match="audience: 'nobody' is not in the warehouse"):
        plan_sync(replace(hook, audience="nobody"), context)


def test_the_receiver_down_stops_the_run_and_the_next_one_goes_on(
    shop: Shop, context: SyncContext, hook: Sync, receiver: WebhookSimulator
) -> None:
    shop.named(*"abcdef")
    receiver.faults.extend([None, *(Fault(503) for _ in range(3))])
    stopped = apply_sync(hook, context)
    assert (stopped.status, stopped.accepted, stopped.pending, stopped.exit_code) == (
        "stopped",
        4,
        2,
        1,
    )
    assert len(receipts(context)) == 4
    shop.named(*"abcdefg")
    result = apply_sync(hook, context)
    assert (result.recovered, result.adds, result.status) == (2, 1, "delivered")
    assert receiver.message_ids[1] == receiver.message_ids[4]
    assert held_ids(receiver) == set("abcdefg")
    assert len(receipts(context)) == 7


def test_what_changed_or_left_since_an_unanswered_request_is_not_sent_as_it_was(
    shop: Shop, context: SyncContext, hook: Sync, receiver: WebhookSimulator
) -> None:
    hook = replace(hook, on_exit="keep")
    shop.named("a", "b")
    receiver.faults.extend([Fault(503)] * 3)
    assert apply_sync(hook, context).status == "stopped"
    shop.people([{"customer_id": "a", "email": "new@example.com"}])
    result = apply_sync(hook, context)
    assert (result.adds, result.recovered, result.accepted) == (1, 0, 1)
    assert receiver.members[(hook.name, "a")]["email"] == "new@example.com"
    assert held_ids(receiver) == {"a"}
    assert receiver.message_ids[-1] != receiver.message_ids[0]


def test_a_person_blocked_after_an_unanswered_request_is_not_sent_again(
    shop: Shop, context: SyncContext, hook: Sync, receiver: WebhookSimulator
) -> None:
    shop.named("a", "b")
    receiver.faults.extend([Fault(cuts=True, does_work=True)] * 3)
    assert apply_sync(hook, context).status == "stopped"
    shop.blocks = [("a", "email", "newsletter", "withdrawn")]
    shop.named("a", "b")
    result = apply_sync(hook, context)
    assert (result.accepted, result.withheld) == (1, 1)
    shop.named("b")
    assert apply_sync(hook, context).removals == 1
    assert held_ids(receiver) == {"b"}


def test_a_row_refused_after_an_unclear_answer_is_removed_when_it_leaves(
    shop: Shop, context: SyncContext, hook: Sync, receiver: WebhookSimulator
) -> None:
    shop.named("a")
    receiver.faults.extend([Fault(200, body=b"<html>", does_work=True), Fault(400)])
    assert apply_sync(hook, context).rejected == 1
    assert held_ids(receiver) == {"a"}
    shop.named("b")
    result = apply_sync(hook, context)
    assert (result.adds, result.removals, held_ids(receiver)) == (1, 1, {"b"})


def test_nothing_personal_or_secret_is_left_behind(
    shop: Shop,
    context: SyncContext,
    hook: Sync,
    receiver: WebhookSimulator,
    capfd: pytest.CaptureFixture[str],
) -> None:
    secret = context.environment["HOOK_SECRET"]
    receiver.judge = lambda member: (
        f"{member['email']} of {member['first_name']} {secret} other@example.com"
    )
    shop.people([{"customer_id": "c1", "email": "ada@example.com", "first_name": "Ada"}])
    result = apply_sync(hook, context)
    printed = capfd.readouterr()
    runs, rows = sync_log(hook, context.state_dir)
    said = f"{hook!r} {context!r} {result} {plan_sync(hook, context)} {runs} {rows} {printed}"
    assert rows[0].reason == "(email) of (first_name) (secret) (e-mail)"
    for private in ("ada@example.com", "Ada", secret, "whsec_"):
        assert private not in said
        assert private.encode() not in b"".join(
            path.read_bytes() for path in (context.state_dir / "receipts").rglob("*.parquet")
        )
        assert (
            secret.encode()
            not in (context.state_dir / "ledgers" / f"{hook.name}.duckdb").read_bytes()
        )


def test_the_outbox_is_emptied_when_the_run_ends(
    shop: Shop, context: SyncContext, hook: Sync
) -> None:
    shop.named(*"abc")
    apply_sync(hook, context)
    with open_ledger(context.state_dir, hook.name) as ledger:
        assert ledger.number("select count(*) from outbox") == 0
        counts = ledger.rows("select status, count(*) from outcomes group by status")
    assert counts == [("accepted", 3)]


def test_odd_values_arrive_as_they_are(
    shop: Shop, context: SyncContext, hook: Sync, receiver: WebhookSimulator
) -> None:
    names = ["O'Brien", 'says "hi"', "Çağla Öz", "a\nb\\c", "=1+1"]
    shop.people([{"customer_id": str(i), "first_name": name} for i, name in enumerate(names)])
    apply_sync(hook, context)
    got = [receiver.members[(hook.name, str(i))] for i in range(len(names))]
    assert [member["first_name"] for member in got] == names
    assert json.loads(json.dumps(got[0])) == {
        "external_id": "0",
        "email": None,
        "first_name": "O'Brien",
        "source": "perennial",
    }


def test_status_before_any_run(context: SyncContext, hook: Sync) -> None:
    state = sync_status(hook, context.state_dir)
    assert (state.acknowledged, state.last_run) == (0, None)
    assert sync_log(hook, context.state_dir) == ([], [])


def test_a_second_folder_is_another_place(
    shop: Shop, context: SyncContext, make_sync: MakeSync, tmp_path: Path
) -> None:
    shop.named("a")
    apply_sync(make_sync(FILE), context)
    moved = make_sync(FILE, connection={"path": "elsewhere"})
    assert apply_sync(moved, context).adds == 1
    assert len(list((tmp_path / "elsewhere").rglob("*.csv"))) == 1
