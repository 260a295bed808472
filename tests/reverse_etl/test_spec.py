"""Sync files: what they may say, and what the complaint names."""

from pathlib import Path

import pytest
import yaml

from reverse_etl.errors import SyncError
from reverse_etl.loader import find_sync, load_syncs, resolve_connection, secrets_of
from tests.reverse_etl.conftest import WEBHOOK, MakeSync

ROOT = Path(__file__).resolve().parents[2]


def test_the_shipped_syncs_are_valid_and_only_files_are_active() -> None:
    syncs = load_syncs(ROOT / "reverse_etl" / "syncs")
    assert {sync.destination for sync in syncs.values() if sync.is_active} == {"file"}
    assert all(sync.name == f"{sync.audience}_to_{sync.destination}" for sync in syncs.values())


def test_defaults(make_sync: MakeSync) -> None:
    sync = make_sync(batch=None, breakers=None)
    assert (sync.max_rows, sync.on_exit, sync.status) == (1000, "remove", "active")
    assert (sync.breakers.max_rejected_share, sync.breakers.allow_empty) == (0.05, False)
    assert make_sync(mode="upsert").on_exit == "keep"


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"version": 2}, "version: is 2"),
        ({"sync": "other"}, "sync: 'other' is not the file's name"),
        ({"audience": None}, "audience: is missing"),
        ({"audience": "No Name"}, "audience: is 'No Name'"),
        ({"destination": "fax"}, "destination: 'fax' is not registered"),
        ({"mode": "mirrors"}, "mode: is 'mirrors'"),
        ({"key": "email2"}, "key: 'email2' is not mapped"),
        ({"mapping": {}}, "mapping: names no field"),
        (
            {"mapping": {"id": {"column": "customer_id", "fallback": ""}}},
            "mapping.id.fallback: a key has none",
        ),
        ({"mapping": {"id": {"colum": "customer_id"}}}, "mapping.id.colum: is not a key"),
        (
            {"mapping": {"id": {"column": "a", "constant": 1}}},
            "mapping.id: needs a column or a constant",
        ),
        ({"mapping": {"id": "customer_id"}}, "mapping.id: is 'customer_id'"),
        ({"mapping": {'i"d': {"column": "customer_id"}}}, 'mapping.i"d: is no field name'),
        (
            {"mapping": {"id": {"column": "customer_id", "normalise": "shout"}}},
            "mapping.id.normalise: is 'shout'",
        ),
        ({"on_exit": "delete"}, "on_exit: is 'delete'"),
        ({"batch": {"max_rows": 0}}, "batch.max_rows: is 0"),
        ({"breakers": {"max_removed_share": 30}}, "breakers.max_removed_share: is 30"),
        ({"breakers": {"allow_empty": "yes"}}, "breakers.allow_empty: is 'yes'"),
        ({"status": "on"}, "status: is 'on'"),
        ({"connection": {"url": "x"}}, "connection.url: is no setting of destination webhook"),
        (
            {"connection": {"base_url": "x", "signing_secret": "whsec_c2VjcmV0"}},
            "connection.signing_secret: is written out; a secret belongs in the environment",
        ),
        ({"retries": 3}, "retries: is not a key of a sync"),
    ],
)
def test_the_complaint_names_file_key_and_value(
    make_sync: MakeSync, keys: dict[str, object], message: str
) -> None:
    with pytest.raises(SyncError) as caught:
        make_sync(**keys)
    assert str(caught.value).startswith(f"people_to_webhook.yml: {message}")
    assert caught.value.fix


def test_unreadable_files(tmp_path: Path) -> None:
    path = tmp_path / "x.yml"
    for text, message in (
        ("sync: [", "is not readable YAML"),
        ("sync: x\nsync: x\n", "line 2 is not readable YAML: key 'sync' is written twice"),
        ("", "holds no keys"),
    ):
        path.write_text(text)
        with pytest.raises(SyncError, match=message):
            load_syncs(tmp_path)


def test_a_missing_sync_is_answered_with_the_nearest_name(tmp_path: Path) -> None:
    (tmp_path / "people_to_webhook.yml").write_text(yaml.safe_dump(WEBHOOK))
    (tmp_path / "broken.yml").write_text("]")
    assert find_sync(tmp_path, "people_to_webhook").audience == "people"
    with pytest.raises(SyncError) as caught:
        find_sync(tmp_path, "people_to_webhok")
    assert caught.value.fix == "did you mean 'people_to_webhook'?"


def test_secrets_are_filled_in_late_and_never_shown(make_sync: MakeSync) -> None:
    sync = make_sync(
        connection={"base_url": "https://example.com/${TOKEN}/x", "signing_secret": "${SECRET}"}
    )
    environment = {"TOKEN": "t0ken", "SECRET": "whsec_aaaa"}
    assert resolve_connection(sync, environment) == {
        "base_url": "https://example.com/t0ken/x",
        "signing_secret": "whsec_aaaa",
    }
    assert secrets_of(sync, environment) == ("t0ken", "whsec_aaaa")
    assert "connection" not in repr(sync)
    with pytest.raises(SyncError, match=r"connection.base_url: \$\{TOKEN\} is not set"):
        resolve_connection(sync, {"SECRET": "x", "TOKEN": ""})
