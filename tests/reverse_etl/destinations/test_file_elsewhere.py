"""Files that leave this machine: into a bucket, and over SFTP."""

import hashlib
import io
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pyarrow.parquet as pq
import pytest

from reverse_etl.context import Retry, SyncContext
from reverse_etl.spec import Sync
from reverse_etl.sync import apply_sync
from tests.reverse_etl.conftest import FILE, MakeSync, Shop
from tests.reverse_etl.places import Place, bucket, sftp_server

PLACES: dict[str, Callable[[Path], AbstractContextManager[Place]]] = {
    "s3": lambda _root: bucket(),
    "sftp": lambda root: sftp_server(root / "server"),
}


class Killed(BaseException):
    """As if the process had died."""


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    with PLACES[request.param](tmp_path) as place:
        yield place


@pytest.fixture
def context(context: SyncContext, place: Place) -> SyncContext:
    return replace(context, environment=place.environment)


@pytest.fixture
def sync(make_sync: MakeSync, place: Place) -> Sync:
    return make_sync(FILE, connection=dict(place.connection))


def by_ending(place: Place, ending: str) -> dict[str, bytes]:
    return {path: held for path, held in place.files().items() if path.endswith(ending)}


def check_manifests(place: Place, ending: str = ".csv") -> None:
    """Every file has a manifest that is true of it."""
    files, manifests = by_ending(place, ending), by_ending(place, ".manifest.json")
    assert manifests.keys() == {f"{path}.manifest.json" for path in files}
    for path, held in files.items():
        said = json.loads(manifests[f"{path}.manifest.json"])
        assert said["file"] == path.rsplit("/", maxsplit=1)[-1]
        assert (said["sha256"], said["bytes"]) == (hashlib.sha256(held).hexdigest(), len(held))
        if ending == ".csv":
            assert said["rows"] == len(held.splitlines()) - 1


def test_a_manifest_follows_each_file_of_changes(
    shop: Shop, context: SyncContext, sync: Sync, place: Place
) -> None:
    shop.named("a", "b")
    first = apply_sync(sync, context)
    assert apply_sync(sync, context).requests == 0
    shop.named("a", "c")
    third = apply_sync(sync, context)
    check_manifests(place)
    [one, two] = sorted(by_ending(place, ".csv").items())
    assert one[0].endswith(f"{sync.name}/{first.run_id}.csv")
    assert one[1].decode().splitlines()[1:] == [
        "upsert,a,a@example.com,,",
        "upsert,b,b@example.com,,",
    ]
    assert two[0].endswith(f"{sync.name}/{third.run_id}.csv")
    assert two[1].decode().splitlines()[1:] == ["upsert,c,c@example.com,,", "remove,b,,,"]


def test_a_snapshot_is_replaced_with_its_manifest(
    shop: Shop, context: SyncContext, make_sync: MakeSync, place: Place
) -> None:
    connection = {**place.connection, "format": "parquet"}
    sync = make_sync(FILE, mode="snapshot", connection=connection)
    for names in (("a", "b"), ("b", "c", "d")):
        shop.named(*names)
        assert apply_sync(sync, context).exit_code == 0
        [(path, held)] = by_ending(place, ".parquet").items()
        assert path.endswith(f"{sync.name}.parquet")
        check_manifests(place, ".parquet")
        assert {row["id"] for row in pq.read_table(io.BytesIO(held)).to_pylist()} == set(names)
    [manifest] = by_ending(place, ".manifest.json").values()
    assert json.loads(manifest)["rows"] == 3


@pytest.mark.parametrize("step", ["file written", "file put", "answered"])
def test_a_repeat_after_a_crash_writes_the_same_file(
    shop: Shop, context: SyncContext, sync: Sync, place: Place, step: str
) -> None:
    def die(heard: str) -> None:
        if heard == step:
            raise Killed

    shop.named("a", "b")
    for _ in range(2):
        with pytest.raises(Killed):
            apply_sync(sync, replace(context, on_step=die))
    before = by_ending(place, ".csv")
    result = apply_sync(sync, context)
    assert (result.exit_code, result.recovered) == (0, 2)
    after = by_ending(place, ".csv")
    assert before.items() <= after.items()
    assert len(after) == 1
    check_manifests(place)
    assert apply_sync(sync, context).requests == 0
    assert not list(context.state_dir.rglob("*.unfinished"))


def test_what_others_put_there_stays(
    shop: Shop, context: SyncContext, sync: Sync, place: Place
) -> None:
    shop.named("a")
    apply_sync(sync, context)
    [path] = by_ending(place, ".csv")
    theirs = f"{path.rsplit('/', maxsplit=1)[0]}/theirs.csv"
    place.write(theirs, b"operation,id\nupsert,theirs\n")
    shop.named("b")
    assert apply_sync(sync, context).removals == 1
    assert place.files()[theirs] == b"operation,id\nupsert,theirs\n"
    assert len(by_ending(place, ".csv")) == 3


def test_a_place_that_is_away_is_tried_again(
    shop: Shop, context: SyncContext, waits: list[float], sync: Sync, place: Place
) -> None:
    shop.named("a")
    away = {
        key: value.replace(f":{urlsplit(value).port}", ":9") if "127.0.0.1" in str(value) else value
        for key, value in sync.connection.items()
    }
    patient = replace(context, retry=Retry(attempts=3, first_wait=10))
    stopped = apply_sync(replace(sync, connection=away), patient)
    assert (stopped.status, stopped.pending, stopped.requests) == ("stopped", 1, 3)
    assert len(waits) == 2
