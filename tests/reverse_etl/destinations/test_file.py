"""What lies in the folder after a run."""

import csv
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from reverse_etl.context import SyncContext
from reverse_etl.errors import SyncError
from reverse_etl.sync import apply_sync
from tests.reverse_etl.conftest import FILE, MakeSync, Shop

ADA = {
    "customer_id": "a",
    "email": " ADA@example.com",
    "spent": Decimal("12.5"),
    "last_seen_at": datetime(2026, 3, 1, 10, 30),
}
BOB = {"customer_id": "b", "email": "bob@example.com"}
SNAPSHOT = FILE | {"mode": "snapshot"}


def test_one_file_a_run_with_changes(
    shop: Shop, context: SyncContext, make_sync: MakeSync, tmp_path: Path
) -> None:
    sync = make_sync(FILE)
    folder = tmp_path / "out" / sync.name
    shop.people([ADA, BOB])
    first = apply_sync(sync, context)
    assert (folder / f"{first.run_id}.csv").read_text() == (
        "operation,id,email,spent,last_seen_at\n"
        "upsert,a,ada@example.com,12.5000,2026-03-01 10:30:00\n"
        "upsert,b,bob@example.com,,\n"
    )
    assert apply_sync(sync, context).requests == 0
    shop.people([ADA | {"email": "new@example.com"}])
    third = apply_sync(sync, context)
    assert sorted(path.name for path in folder.iterdir()) == [
        f"{first.run_id}.csv",
        f"{third.run_id}.csv",
    ]
    assert (folder / f"{third.run_id}.csv").read_text() == (
        "operation,id,email,spent,last_seen_at\n"
        "upsert,a,new@example.com,12.5000,2026-03-01 10:30:00\n"
        "remove,b,,,\n"
    )


def test_parquet_keeps_types(
    shop: Shop, context: SyncContext, make_sync: MakeSync, tmp_path: Path
) -> None:
    mapping = FILE["mapping"] | {  # type: ignore[operator]
        "score": {"column": "score"},
        "is_member": {"column": "is_member", "fallback": False},
        "born_on": {"column": "born_on"},
        "points": {"constant": 7},
    }
    sync = make_sync(FILE, connection={"path": "out", "format": "parquet"}, mapping=mapping)
    shop.people([ADA | {"score": float("nan")}, BOB | {"score": 0.1 + 0.2}])
    result = apply_sync(sync, context)
    rows = pq.read_table(tmp_path / "out" / sync.name / f"{result.run_id}.parquet")
    assert rows.column_names == ["operation", *mapping]
    ada, bob = rows.to_pylist()
    assert (ada["spent"], ada["last_seen_at"]) == (Decimal("12.5000"), datetime(2026, 3, 1, 10, 30))
    assert (ada["score"], bob["score"], bob["spent"]) == (None, 0.3, None)
    assert (bob["is_member"], bob["points"], bob["born_on"]) == (False, 7, None)


@pytest.mark.parametrize("format_", ["csv", "parquet"])
def test_a_snapshot_is_the_whole_audience_in_one_file(
    shop: Shop, context: SyncContext, make_sync: MakeSync, tmp_path: Path, format_: str
) -> None:
    sync = make_sync(SNAPSHOT, connection={"path": "out", "format": format_})
    target = tmp_path / "out" / f"{sync.name}.{format_}"
    shop.people([ADA, BOB])
    apply_sync(sync, context)
    written = target.stat().st_ino
    assert apply_sync(sync, context).requests == 0
    assert target.stat().st_ino == written
    shop.people([ADA, {"customer_id": "c", "email": "c@example.com"}])
    result = apply_sync(sync, context)
    assert (result.adds, result.removals, result.accepted) == (1, 1, 2)
    assert [path.name for path in (tmp_path / "out").iterdir()] == [target.name]
    if format_ == "csv":
        lines = target.read_text().splitlines()
        assert [line.split(",")[0] for line in lines] == ["id", "c", "a"]
    else:
        assert {row["id"] for row in pq.read_table(target).to_pylist()} == {"a", "c"}


def test_an_allowed_empty_snapshot_has_a_header_only(
    shop: Shop, context: SyncContext, make_sync: MakeSync, tmp_path: Path
) -> None:
    target = tmp_path / "out" / "people_to_file.csv"
    sync = make_sync(SNAPSHOT)
    shop.people([])
    assert apply_sync(sync, context).exit_code == 0
    assert not target.exists()
    shop.people([ADA])
    apply_sync(sync, context)
    shop.people([])
    assert apply_sync(sync, context).status == "held"
    assert len(target.read_text().splitlines()) == 2
    allowed = replace(sync, breakers=replace(sync.breakers, allow_empty=True))
    assert apply_sync(allowed, context).removals == 1
    assert target.read_text() == "id,email,spent,last_seen_at\n"


def test_a_snapshot_leaves_out_whom_a_block_withholds(
    shop: Shop, context: SyncContext, make_sync: MakeSync, tmp_path: Path
) -> None:
    sync = make_sync(SNAPSHOT)
    target = tmp_path / "out" / "people_to_file.csv"
    shop.named("a", "b")
    apply_sync(sync, context)
    shop.blocks = [("a", "email", "newsletter", "withdrawn")]
    shop.named("a", "b")
    assert apply_sync(sync, context).requests == 0
    shop.named("a", "b", "c")
    result = apply_sync(sync, context)
    assert (result.adds, result.withheld) == (1, 1)
    assert "a@example.com" not in target.read_text()
    shop.blocks = []
    shop.named("a", "b", "c")
    assert apply_sync(sync, context).adds == 1
    assert "a@example.com" in target.read_text()


@pytest.mark.parametrize("is_guarded", [True, False])
def test_a_spreadsheet_runs_nothing_when_asked_for(
    shop: Shop, context: SyncContext, make_sync: MakeSync, tmp_path: Path, is_guarded: bool
) -> None:
    connection = {"path": "out", "guard_formulas": is_guarded}
    mapping = FILE["mapping"] | {"name": {"column": "first_name"}}  # type: ignore[operator]
    names = ["=cmd|' /c calc'!a0", "+49301234", "@sum(a1)", "Ada"]
    shop.people([{"customer_id": f"c{n}", "first_name": name} for n, name in enumerate(names)])
    result = apply_sync(make_sync(FILE, connection=connection, mapping=mapping), context)
    with (tmp_path / "out" / result.sync / f"{result.run_id}.csv").open(newline="") as file:
        written = [row["name"] for row in csv.DictReader(file)]
    harmless = ["'=cmd|' /c calc'!a0", "+49301234", "'@sum(a1)", "Ada"]
    assert written == (harmless if is_guarded else names)


def test_an_unwritable_folder_stops_the_run(
    shop: Shop, context: SyncContext, make_sync: MakeSync, tmp_path: Path
) -> None:
    (tmp_path / "out").write_text("a file where a folder should be")
    shop.people([ADA])
    sync = make_sync(FILE)
    stopped = apply_sync(sync, context)
    assert (stopped.status, stopped.pending, stopped.exit_code) == ("stopped", 1, 1)
    (tmp_path / "out").unlink()
    assert apply_sync(sync, context).accepted == 1


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"connection": {"path": "out", "format": "xlsx"}}, "connection.format: is 'xlsx'"),
        ({"connection": {"path": "out", "guard_formulas": 1}}, "guard_formulas: is no boolean"),
        ({"connection": {"path": ""}}, "connection.path: is no path"),
        ({"connection": {}}, "connection.path: is missing"),
        ({"mode": "list"}, "destination file does not offer mode list"),
        ({"mode": "snapshot", "on_exit": "keep"}, "on_exit: 'keep' with mode snapshot"),
        (
            {"mapping": {"id": {"column": "customer_id"}, "operation": {"column": "email"}}},
            "mapping.operation: is the file's own first column",
        ),
        (
            {"mapping": {"id": {"column": "customer_id"}, "ID": {"column": "email"}}},
            "mapping.id: differs from another only in case",
        ),
    ],
)
def test_what_a_file_sync_may_not_say(
    make_sync: MakeSync, keys: dict[str, object], message: str
) -> None:
    with pytest.raises(SyncError, match=message):
        make_sync(FILE, **keys)
