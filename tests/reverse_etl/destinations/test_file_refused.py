"""Places that take no file, and file syncs that may not be."""

import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from reverse_etl.context import SyncContext
from reverse_etl.errors import SyncError
from reverse_etl.sync import apply_sync
from tests.reverse_etl.conftest import FILE, MakeSync, Shop
from tests.reverse_etl.places import bucket, sftp_server

S3: dict[str, object] = {"path": "s3://lists"}
SFTP: dict[str, object] = {
    "path": "sftp://us@127.0.0.1/lists",
    "private_key": "key",
    "host_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKZh3tnKQzhEEtGf1nvzJbqTzqJm5hr7n2oCTeHZw4Ag",
}


def test_a_bucket_that_does_not_exist(
    shop: Shop, context: SyncContext, waits: list[float], make_sync: MakeSync
) -> None:
    shop.named("a")
    with bucket() as place:
        sync = make_sync(FILE, connection={**place.connection, "path": "s3://nobodys"})
        stopped = apply_sync(sync, replace(context, environment=place.environment))
    assert (stopped.status, stopped.pending, waits) == ("stopped", 1, [])
    assert stopped.problem is not None
    assert "does not exist" in stopped.problem


@pytest.mark.parametrize("setting", ["host_key", "private_key"])
def test_a_server_that_is_another_or_knows_us_not_gets_nothing(  # noqa: PLR0917
    shop: Shop,
    context: SyncContext,
    waits: list[float],
    make_sync: MakeSync,
    tmp_path: Path,
    setting: str,
) -> None:
    shop.named("a")
    with sftp_server(tmp_path / "server") as place:
        other = tmp_path / "other"
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(other)], check=True
        )
        wrong = {"host_key": other.with_suffix(".pub").read_text(), "private_key": str(other)}
        sync = make_sync(FILE, connection={**place.connection, setting: wrong[setting]})
        stopped = apply_sync(sync, context)
        assert (stopped.status, stopped.pending, waits) == ("stopped", 1, [])
        assert place.files() == {}
        mended = make_sync(FILE, connection=dict(place.connection))
        assert apply_sync(mended, context).recovered == 1
        assert len(place.files()) == 2


@pytest.mark.parametrize(
    ("connection", "message"),
    [
        ({"path": "gs://lists"}, "'gs://' is not known"),
        ({"path": "s3:///lists"}, "names no bucket"),
        (S3 | {"access_key_id": "one"}, "goes with secret_access_key"),
        (SFTP | {"path": "sftp://us:secret@127.0.0.1/lists"}, "holds a password"),
        (SFTP | {"path": "sftp://127.0.0.1/lists"}, "names no user, host or folder"),
        (SFTP | {"path": "sftp://us@127.0.0.1/"}, "names no user, host or folder"),
        (SFTP | {"password": "${ONE_TOO_MANY}"}, "is needed, or else a password"),
        (SFTP | {"host_key": "ssh-ed25519"}, "is missing or no public key"),
        ({"path": SFTP["path"], "private_key": "key"}, "is missing or no public key"),
    ],
)
def test_what_a_connection_may_not_say(
    shop: Shop,
    context: SyncContext,
    make_sync: MakeSync,
    connection: Mapping[str, object],
    message: str,
) -> None:
    for package in ("s3fs", "paramiko"):
        pytest.importorskip(package, reason=f"{package} is not installed: pip install -e '.[dev]'")
    shop.named("a")
    told = replace(context, environment={"ONE_TOO_MANY": "hush"})
    with pytest.raises(SyncError, match=message):
        apply_sync(make_sync(FILE, connection=dict(connection)), told)


def test_a_place_whose_package_is_missing_says_what_to_install(
    shop: Shop, context: SyncContext, make_sync: MakeSync, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "s3fs", None)
    monkeypatch.delitem(__import__("sys").modules, "reverse_etl.folders.s3", raising=False)
    shop.named("a")
    with pytest.raises(SyncError, match="needs the package") as caught:
        apply_sync(make_sync(FILE, connection=S3), context)
    assert caught.value.fix == "install it: pip install 'perennial[s3]'"
