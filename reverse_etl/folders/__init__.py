"""Where files are put: a local folder, a bucket, a server. `open_folder` finds which by the path of the connection."""

import importlib
from collections.abc import Mapping
from urllib.parse import urlsplit

from reverse_etl.context import SyncContext
from reverse_etl.folders.base import Folder, LocalFolder
from reverse_etl.spec import Scalar, Sync

_REMOTE = {"s3": "reverse_etl.folders.s3", "sftp": "reverse_etl.folders.sftp"}

__all__ = ["Folder", "open_folder"]


def open_folder(sync: Sync, connection: Mapping[str, Scalar], context: SyncContext) -> Folder:
    """The folder of `connection.path`; a relative path starts at the repository root.

    Raises:
        SyncError: A setting is wrong, or the packages for the place are not installed.
    """
    path = str(connection["path"])
    scheme, mark, _ = path.partition("://")
    if not mark:
        return LocalFolder((context.root / path).resolve())
    if scheme not in _REMOTE:
        fix = f"write a folder, or one of {', '.join(f'{name}://…' for name in _REMOTE)}"
        raise sync.wrong("connection.path", f"'{scheme}://' is not known", fix)
    if urlsplit(path).password is not None:
        raise sync.wrong("connection.path", "holds a password", "write 'password: ${NAME}'")
    try:
        place = importlib.import_module(_REMOTE[scheme])
    except ModuleNotFoundError as error:
        raise sync.wrong(
            "connection.path",
            f"'{scheme}://' needs the package {error.name}",
            f"install it: pip install 'perennial[{scheme}]'",
        ) from None
    folder: Folder = place.open_folder(sync, connection, context)
    return folder
