"""A server over SFTP, known by its host key: a file is uploaded under a temporary name, then renamed."""

import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

import paramiko
from fsspec.implementations.sftp import SFTPFileSystem

from reverse_etl.context import SyncContext
from reverse_etl.folders.base import RemoteFolder
from reverse_etl.spec import Scalar, Sync

_TIMEOUT = 30  # seconds


class SftpFolder(RemoteFolder):
    """A folder on a server."""

    closed = (
        *(PermissionError, FileNotFoundError, paramiko.PasswordRequiredException),
        *(paramiko.AuthenticationException, paramiko.BadHostKeyException),
    )
    later = (OSError, EOFError, paramiko.SSHException)

    def _upload(self, files: Any, source: str, path: str) -> None:
        folder, _, name = path.rpartition("/")
        unfinished = f"{folder}/.{name}.unfinished"
        files.put_file(source, unfinished)
        files.mv(unfinished, path)

    def close(self) -> None:
        """Hang up."""
        if self._files is not None:
            self._files.client.close()
        super().close()


class _OneServer(SFTPFileSystem):  # type: ignore[misc]
    """The file system of a server that shows the key it should; fsspec itself would trust any."""

    cachable = False

    def __init__(self, host: str, host_key: paramiko.PKey, **settings: Any) -> None:
        self._host_key = host_key
        super().__init__(host, **settings)

    def _connect(self) -> None:
        port = self.ssh_kwargs["port"]
        name = self.host if port == 22 else f"[{self.host}]:{port}"
        self.client = paramiko.SSHClient()
        self.client.get_host_keys().add(name, self._host_key.get_name(), self._host_key)
        self.client.set_missing_host_key_policy(paramiko.RejectPolicy())
        self.client.connect(self.host, **self.ssh_kwargs)
        self.ftp = self.client.open_sftp()
        self.ftp.get_channel().settimeout(_TIMEOUT)


def open_folder(sync: Sync, connection: Mapping[str, Scalar], context: SyncContext) -> SftpFolder:
    """The folder of an `sftp://user@host:port/folder`."""
    parts = urlsplit(str(connection["path"]))
    if not parts.hostname or not parts.username or not parts.path.strip("/"):
        raise sync.wrong(
            "connection.path", "names no user, host or folder", "write sftp://user@host/folder"
        )
    if ("password" in connection) == ("private_key" in connection):
        raise sync.wrong(
            "connection.private_key", "is needed, or else a password", "write one of the two"
        )
    host, host_key = parts.hostname, _host_key(sync, connection)
    settings: dict[str, Any] = {
        "port": parts.port or 22,
        "username": unquote(parts.username),
        "allow_agent": False,
        "look_for_keys": False,
        **dict.fromkeys(("timeout", "banner_timeout", "auth_timeout"), _TIMEOUT),
    }
    if "password" in connection:
        settings["password"] = str(connection["password"])
    else:
        settings["key_filename"] = str(context.root / str(connection["private_key"]))
    root = "/" + unquote(parts.path).strip("/")
    outgoing = context.state_dir / "outgoing" / sync.name
    return SftpFolder(lambda: _OneServer(host, host_key, **settings), root, outgoing)


def _host_key(sync: Sync, connection: Mapping[str, Scalar]) -> paramiko.PKey:
    """The server's public key, as a line of `ssh-keyscan` has it without the host's name."""
    try:
        kind, text = str(connection["host_key"]).split()[:2]
        return paramiko.PKey.from_type_string(kind, base64.b64decode(text))
    except Exception:
        raise sync.wrong(
            "connection.host_key",
            "is missing or no public key; a server that does not prove itself gets nothing",
            "write 'ssh-ed25519 AAAA…' as ssh-keyscan prints it, after checking it with the host",
        ) from None
