"""What a folder is to the file destination: a place where a file appears whole or not at all."""

import os
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any

from audiences.unfinished import beside


class Folder(ABC):
    """A place for files, by names that may have folders in them.

    Attributes:
        closed: Errors that stay until somebody mends something.
        later: Errors that may have gone by the next try.
        has_manifests: Whether readers elsewhere need a second file that says what the first one holds.
    """

    closed: tuple[type[Exception], ...] = (OSError,)
    later: tuple[type[Exception], ...] = ()
    has_manifests = False

    @abstractmethod
    def unfinished(self, name: str) -> Path:
        """Where to write the file before it is put; what was left there is gone."""

    @abstractmethod
    def put(self, unfinished: Path, name: str) -> None:
        """Let the file appear; it replaces the one that has its name."""

    def has(self, name: str) -> bool | None:
        """Whether the file is there; None where asking is no better than putting it again."""
        return None

    def close(self) -> None:
        """Let go of connections."""
        return


class LocalFolder(Folder):
    """A folder on this machine."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def unfinished(self, name: str) -> Path:
        """Beside the file."""
        return _swept(self._root / name)

    def put(self, unfinished: Path, name: str) -> None:
        """One rename."""
        os.replace(unfinished, self._root / name)

    def has(self, name: str) -> bool:
        """Also deletes what was left half written."""
        return _clear(self._root / name).exists()


class RemoteFolder(Folder):
    """A folder on a file system of fsspec; its files are written to a local one first.

    Args:
        connect: Opens the file system.
        root: The folder's path there.
        outgoing: The local folder.
    """

    has_manifests = True

    def __init__(self, connect: Callable[[], Any], root: str, outgoing: Path) -> None:
        self._connect, self._root, self._outgoing = connect, root.rstrip("/"), outgoing
        self._files: Any = None

    def unfinished(self, name: str) -> Path:
        """In the local folder."""
        return _swept(self._outgoing / name.rsplit("/", maxsplit=1)[-1])

    def put(self, unfinished: Path, name: str) -> None:
        """Upload; after an error the next try begins with a new connection."""
        try:
            self._files = self._files or self._connect()
            self._upload(self._files, str(unfinished), f"{self._root}/{name}")
        except Exception:
            self.close()
            raise
        finally:
            unfinished.unlink(missing_ok=True)

    @abstractmethod
    def _upload(self, files: Any, source: str, path: str) -> None:
        """Let a file appear whole."""

    def close(self) -> None:
        """Let go of the connection."""
        self._files = None


def _swept(target: Path) -> Path:
    """Where to write a file of this name."""
    target.parent.mkdir(parents=True, exist_ok=True)
    return beside(_clear(target))


def _clear(target: Path) -> Path:
    """Delete what a run of the sync that was killed left; only one runs at a time."""
    for left in target.parent.glob(f".{target.name}.*.unfinished"):
        left.unlink()
    return target
