"""A bucket and an SFTP server on loopback, for files that leave this machine."""

import os
import shutil
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.reverse_etl.servers import free_port, running

KEYS = {"S3_KEY": "of nobody", "S3_SECRET": "known to all"}


@dataclass(frozen=True)
class Place(ABC):
    """Somewhere files may go: the connection that leads there, and what lies there by path."""

    connection: Mapping[str, object]
    environment: Mapping[str, str]

    @abstractmethod
    def files(self) -> dict[str, bytes]:
        """All files by path."""

    @abstractmethod
    def write(self, path: str, held: bytes) -> None:
        """Put a file there as somebody else would."""


@dataclass(frozen=True)
class Bucket(Place):
    """The bucket `lists` of a service like S3, at `url`."""

    url: str

    def client(self) -> Any:
        names = ("aws_access_key_id", "aws_secret_access_key")
        secrets = dict(zip(names, KEYS.values(), strict=True))
        return pytest.importorskip("boto3").client(
            "s3", endpoint_url=self.url, region_name="us-east-1", **secrets
        )

    def files(self) -> dict[str, bytes]:
        client = self.client()
        found = client.list_objects_v2(Bucket="lists").get("Contents", [])
        return {
            one["Key"]: client.get_object(Bucket="lists", Key=one["Key"])["Body"].read()
            for one in found
        }

    def write(self, path: str, held: bytes) -> None:
        self.client().put_object(Bucket="lists", Key=path, Body=held)


@dataclass(frozen=True)
class SftpServer(Place):
    """A server whose folder `root` is reached."""

    root: Path

    def files(self) -> dict[str, bytes]:
        found = (path for path in self.root.rglob("*") if path.is_file())
        return {str(path.relative_to(self.root)): path.read_bytes() for path in found}

    def write(self, path: str, held: bytes) -> None:
        (self.root / path).write_bytes(held)


@contextmanager
def bucket() -> Iterator[Bucket]:
    """A bucket of moto's server."""
    moto = pytest.importorskip(
        "moto.server", reason="moto is not installed: pip install -e '.[dev]'"
    )
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    try:
        place = Bucket(
            {
                "path": "s3://lists/of/ours",
                "base_url": url,
                "region": "us-east-1",
                "access_key_id": "${S3_KEY}",
                "secret_access_key": "${S3_SECRET}",
            },
            KEYS,
            url,
        )
        place.client().create_bucket(Bucket="lists")
        yield place
    finally:
        httpx.post(f"{url}/moto-api/reset")  # its buckets outlive it
        server.stop()


@contextmanager
def sftp_server(folder: Path) -> Iterator[SftpServer]:
    """OpenSSH's server with keys of its own, for the user who runs the tests."""
    sshd = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if sshd is None:
        pytest.skip("OpenSSH's server is not installed (apt-get install openssh-server)")
    pytest.importorskip("paramiko", reason="paramiko is not installed: pip install -e '.[dev]'")
    folder.mkdir()
    for name in ("host", "user"):
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True
        )
    shutil.copy(folder / "user.pub", folder / "authorized")
    port = free_port()
    (folder / "config").write_text(CONFIG.format(port=port, folder=folder))
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    server = [sshd, "-D", "-e", "-f", folder / "config"]
    with running(server, port, folder / "log"):
        root = folder / "files"
        root.mkdir()
        user = subprocess.run(["id", "-un"], check=True, capture_output=True, text=True).stdout
        yield SftpServer(
            {
                "path": f"sftp://{user.strip()}@127.0.0.1:{port}{root}",
                "private_key": str(folder / "user"),
                "host_key": (folder / "host.pub").read_text().strip(),
            },
            {},
            root,
        )


CONFIG = """
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host
AuthorizedKeysFile {folder}/authorized
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
PermitRootLogin prohibit-password
Subsystem sftp internal-sftp
"""
