"""What applying a sync does, seen from the destination and the state folder."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from audiences.errors import WorkError
from reverse_etl.context import SyncContext
from reverse_etl.errors import SyncError
from reverse_etl.history import sync_log, sync_status
from reverse_etl.ledger import open_ledger
from reverse_etl.receiver import Fault, Receiver
from reverse_etl.spec import Breakers, Sync
from reverse_etl.sync import apply_sync, plan_sync
from tests.reverse_etl.conftest import AS_OF, FILE, MakeSync, Shop

RECEIPT_COLUMNS = {
    "sync": "VARCHAR",
    "audience": "VARCHAR",
    "destination": "VARCHAR",
    "run_id": "VARCHAR",
    "batch_id": "VARCHAR",
    "customer_id": "VARCHAR",
    "entry_seq": "BIGINT",
    "operation": "VARCHAR",
    "status": "VARCHAR",
    "reason": "VARCHAR",
    "attempts": "BIGINT",
    "finished_at": "TIMESTAMP",
}


def held_ids(receiver: Receiver) -> set[str]:
    return {key for _, key in receiver.members}


def receipts(context: SyncContext, columns: str = "*") -> list[tuple[Any, ...]]:
    files = context.state_dir / "receipts" / "as_of=*" / "*.parquet"
    with duckdb.connect() as connection:
        sql = f"select {columns} from read_parquet('{files}') order by run_id, customer_id"
        return connection.execute(sql).fetchall()


def with_breakers(sync: Sync, **values: Any) -> Sync:
    return replace(sync, breakers=replace(sync.breakers, **values))


def test_delivers_everyone_once(
    shop: Shop, context: SyncContext, hook: Sync, receiver: Receiver
) -> None:
    shop.named(*"abcdefghij")
    first = apply_sync(hook, context)
    assert (first.status, first.accepted, first.requests, first.exit_code) == (
        "delivered",
        10,
        3,
        0,
    )
    assert receiver.unverified == 0
    assert held_ids(receiver) == set("abcdefghij")
    second = apply_sync(hook, context)
    assert (second.status, second.requests, receiver.requests) == ("unchanged", 0, 3)


def test_sends_only_what_came_changed_and_left(
    shop: Shop, context: SyncContext, hook: Sync, receiver: Receiver
) -> None:
    shop.named(*"abcd")
    apply_sync(hook, context)
    shop.people(
        [
            {"customer_id": "a", "email": "A@example.com "},
            {"customer_id": "b", "email": "new@example.com"},
            {"customer_id": "e", "email": "e@example.com"},
        ]
    )
    result = apply_sync(hook, context)
    assert (result.adds, result.changes, result.removals, result.requests) == (1, 1, 2, 2)
    assert held_ids(receiver) == set("abe")
    assert receiver.members[(hook.name, "b")]["email"] == "new@example.com"


def test_unmapped_columns_cause_no_request(shop: Shop, context: SyncContext, hook: Sync) -> None:
    shop.named("a", score=1)
    apply_sync(hook, context)
    shop.named("a", score=2)
    assert apply_sync(hook, context).requests == 0


@pytest.mark.parametrize(
    ("mode", "on_exit", "expected"),
    [
        ("upsert", "keep", (1, 1, 0)),
        ("upsert", "remove", (1, 1, 1)),
        ("mirror", "remove", (1, 1, 1)),
        ("mirror", "keep", (1, 1, 0)),
        ("insert", "keep", (1, 0, 0)),
        ("update", "keep", (0, 1, 0)),
    ],
)
def test_modes(  # noqa: PLR0917
    shop: Shop, context: SyncContext, hook: Sync, mode: str, on_exit: str, expected: tuple[int, ...]
) -> None:
    shop.named("a", "b")
    apply_sync(hook, context)
    shop.people([{"customer_id": "b", "email": "x@example.com"}, {"customer_id": "c"}])
    result = apply_sync(replace(hook, mode=mode, on_exit=on_exit), context)
    assert (result.adds, result.changes, result.removals) == expected


def test_plan_sends_nothing_and_names_itself(
    shop: Shop, context: SyncContext, hook: Sync, receiver: Receiver
) -> None:
    shop.named(*"abcde")
    plan = plan_sync(hook, context)
    assert (plan.adds, plan.planned, plan.requests, receiver.requests) == (5, 5, 2, 0)
    assert plan_sync(hook, context).plan_id == plan.plan_id
    result = apply_sync(hook, context, plan_id=plan.plan_id)
    assert (result.plan_id, result.accepted) == (plan.plan_id, 5)


def test_a_reviewed_plan_is_refused_when_something_moved(
    shop: Shop, context: SyncContext, hook: Sync, receiver: Receiver
) -> None:
    shop.named(*"abc")
    plan = plan_sync(hook, context)
    shop.people(
        [{"customer_id": "a"}, {"customer_id": "b", "email": "b@example.com"}, {"customer_id": "d"}]
    )
    with pytest.raises(WorkError, match="rows that came: 1, went: 1, changed: 1"):
        apply_sync(hook, context, plan_id=plan.plan_id)
    assert receiver.requests == 0
    with pytest.raises(WorkError, match="no plan nonsense"):
        apply_sync(hook, context, plan_id="nonsense")


def test_a_reviewed_plan_does_not_send_whom_it_withheld(
    shop: Shop, context: SyncContext, hook: Sync, receiver: Receiver
) -> None:
    shop.blocks = [("a", "email", "newsletter", "withdrawn")]
    shop.named("a", "b")
    plan = plan_sync(hook, context)
    assert (plan.adds, plan.withheld) == (1, 1)
    shop.blocks = []
    shop.named("a", "b")
    apply_sync(hook, context, plan_id=plan.plan_id)
    assert held_ids(receiver) == {"b"}


def test_a_block_withholds_and_lifting_it_delivers(
    shop: Shop, context: SyncContext, hook: Sync, receiver: Receiver
) -> None:
    shop.blocks = [
        ("a", "email", "newsletter", "unsubscribed"),
        ("b", "sms", "newsletter", "withdrawn"),
        ("c", "email", "surveys", "withdrawn"),
    ]
    shop.named(*"abc")
    result = apply_sync(hook, context)
    assert (result.withheld, result.accepted, result.planned, result.exit_code) == (1, 2, 2, 0)
    assert receipts(context, "customer_id, status, reason")[0] == ("a", "withheld", "unsubscribed")
    shop.blocks = []
    shop.named(*"abc")
    assert apply_sync(hook, context).adds == 1
    assert held_ids(receiver) == set("abc")


def test_a_block_never_removes(
    shop: Shop, context: SyncContext, hook: Sync, receiver: Receiver
) -> None:
    shop.named("a")
    apply_sync(hook, context)
    shop.blocks = [("a", "email", "newsletter", "withdrawn")]
    shop.people([{"customer_id": "a", "email": "changed@example.com"}])
    result = apply_sync(hook, context)
    assert (result.withheld, result.requests, held_ids(receiver)) == (1, 0, {"a"})


def test_null_and_duplicate_keys_are_set_aside(
    shop: Shop, context: SyncContext, receiver: Receiver, make_sync: MakeSync
) -> None:
    sync = make_sync(
        key="email", mapping={"external_id": {"column": "email", "normalise": "email"}}
    )
    sync = replace(sync, connection=sync.connection | {"base_url": receiver.url})
    shop.named("a", "b", "c")
    apply_sync(sync, context)
    shop.people(
        [
            {"customer_id": "a", "email": " "},
            {"customer_id": "b", "email": "same@example.com"},
            {"customer_id": "c", "email": "SAME@example.com"},
            {"customer_id": "d", "email": "d@example.com"},
        ]
    )
    result = apply_sync(sync, context)
    assert (result.quarantined, result.adds, result.removals) == (3, 1, 0)
    _, rows = sync_log(sync, context.state_dir)
    assert [(row.customer_id, row.reason) for row in rows if row.status == "quarantined"] == [
        ("a", "null_key"),
        ("b", "duplicate_key"),
        ("c", "duplicate_key"),
    ]


def test_others_members_are_not_touched(
    shop: Shop, context: SyncContext, hook: Sync, receiver: Receiver
) -> None:
    receiver.members[(hook.name, "theirs")] = {"external_id": "theirs"}
    shop.named("a", "b")
    apply_sync(hook, context)
    shop.named("a")
    apply_sync(hook, context)
    assert held_ids(receiver) == {"a", "theirs"}


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
    receiver: Receiver,
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
    assert (result.status, result.exit_code, receiver.requests) == ("held", 1, 1)
    last = sync_status(hook, context.state_dir).last_run
    assert last is not None
    assert (last.status, last.reason) == ("held", reason)


def test_an_empty_audience_may_be_allowed(
    shop: Shop, context: SyncContext, hook: Sync, receiver: Receiver
) -> None:
    shop.people([])
    nothing = apply_sync(hook, context)
    assert (nothing.status, nothing.exit_code, receiver.requests) == ("unchanged", 0, 0)
    shop.named("a", "b")
    apply_sync(hook, context)
    shop.people([])
    result = apply_sync(with_breakers(hook, allow_empty=True, max_removed_share=0.3), context)
    assert (result.removals, result.exit_code, held_ids(receiver)) == (2, 0, set())


def test_a_failing_missing_or_stale_gate_holds(
    shop: Shop, context: SyncContext, hook: Sync, receiver: Receiver
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
    assert receiver.requests == 0


def test_receipts_have_the_columns_of_their_source(
    shop: Shop, context: SyncContext, hook: Sync, receiver: Receiver
) -> None:
    receiver.judge = lambda member: "no" if member["external_id"] == "b" else None
    shop.named("a", "b", entry_seq=3)
    result = apply_sync(hook, context)
    path = (
        context.state_dir
        / "receipts"
        / "as_of=2026-03-31"
        / f"{hook.name}__{result.run_id}.parquet"
    )
    assert list(path.parent.iterdir()) == [path]
    with duckdb.connect() as connection:
        described = connection.execute(f"describe select * from '{path}'").fetchall()
    assert {row[0]: row[1] for row in described if row[0] != "as_of"} == RECEIPT_COLUMNS
    columns = "run_id, batch_id, customer_id, entry_seq, operation, status, reason, attempts"
    batch = f"{result.run_id}-000001"
    assert receipts(context, columns) == [
        (result.run_id, batch, "a", 3, "upsert", "accepted", None, 1),
        (result.run_id, batch, "b", 3, "upsert", "rejected", "no", 1),
    ]


def test_no_receipts_when_nothing_happened(shop: Shop, context: SyncContext, hook: Sync) -> None:
    shop.named("a")
    apply_sync(hook, context)
    apply_sync(hook, context)
    assert len(list((context.state_dir / "receipts").rglob("*.parquet"))) == 1


def test_rejected_rows_wait_until_they_change_or_are_retried(
    shop: Shop, context: SyncContext, hook: Sync, receiver: Receiver
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
    shop: Shop, context: SyncContext, hook: Sync, receiver: Receiver, limit: float, code: int
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
    shop: Shop, context: SyncContext, hook: Sync, receiver: Receiver
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
    shop: Shop, context: SyncContext, hook: Sync, receiver: Receiver
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
    shop: Shop, context: SyncContext, hook: Sync, receiver: Receiver
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
    shop: Shop, context: SyncContext, hook: Sync, receiver: Receiver
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
    receiver: Receiver,
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
    shop: Shop, context: SyncContext, hook: Sync, receiver: Receiver
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
