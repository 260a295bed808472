"""A bucket of S3 or of anything that speaks its protocol: an object appears whole, by one put or by its last part."""

import logging
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, NoCredentialsError
from s3fs import S3FileSystem

from reverse_etl.context import SyncContext
from reverse_etl.folders.base import RemoteFolder
from reverse_etl.spec import Scalar, Sync


class S3Folder(RemoteFolder):
    """A prefix in a bucket."""

    closed = (PermissionError, FileNotFoundError, NoCredentialsError)
    later = (OSError, BotoCoreError)

    def _upload(self, files: Any, source: str, path: str) -> None:
        files.put_file(source, path)


def open_folder(sync: Sync, connection: Mapping[str, Scalar], context: SyncContext) -> S3Folder:
    """The folder of an `s3://bucket/prefix`; without keys, credentials are found as AWS tools find them."""
    root = str(connection["path"]).removeprefix("s3://")
    if not root.split("/")[0]:
        raise sync.wrong("connection.path", "names no bucket", "write s3://bucket/folder")
    if ("access_key_id" in connection) != ("secret_access_key" in connection):
        raise sync.wrong(
            "connection.access_key_id", "goes with secret_access_key", "write both or neither"
        )

    # At level DEBUG these log requests whole, with whose they are.
    for logger in ("botocore", "aiobotocore", "s3fs", "fsspec"):
        logging.getLogger(logger).setLevel(logging.WARNING)

    def connect() -> S3FileSystem:
        files = S3FileSystem(
            key=connection.get("access_key_id"),
            secret=connection.get("secret_access_key"),
            endpoint_url=connection.get("base_url"),
            client_kwargs={"region_name": connection.get("region")},
            config_kwargs={"retries": {"total_max_attempts": 1}, "connect_timeout": 10},
            skip_instance_cache=True,
        )
        files.retries = 1  # the delivery engine decides what is tried again
        return files

    return S3Folder(connect, root, context.state_dir / "outgoing" / sync.name)
