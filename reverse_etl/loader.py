"""Finds sync files, checks them against the registry, and fills in secrets when a sync is applied."""

import difflib
import re
from collections.abc import Mapping
from pathlib import Path

from reverse_etl.destinations import REGISTRY
from reverse_etl.errors import SyncError
from reverse_etl.spec import Scalar, Sync, parse_sync

_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_SECRET = re.compile(r"(.*_)?(key|token|secret|password)")
_NO_SECRETS = ("host_key", "private_key")  # a public key, and the path of a file


def load_syncs(folder: Path) -> dict[str, Sync]:
    """All syncs of a folder by name.

    Raises:
        SyncError: The folder is missing or a file is not a valid sync.
    """
    if not folder.is_dir():
        raise SyncError(f"there is no folder {folder.name} of syncs", "name a folder of sync files")
    return {path.stem: load_sync(path) for path in sorted(folder.glob("*.yml"))}


def find_sync(folder: Path, name: str) -> Sync:
    """One sync by name; other files may be wrong.

    Raises:
        SyncError: There is none of that name, or it is not valid.
    """
    names = sorted(path.stem for path in folder.glob("*.yml"))
    if name not in names:
        close = difflib.get_close_matches(name, names, 1)
        fix = f"did you mean '{close[0]}'?" if close else f"syncs are {', '.join(names) or 'none'}"
        raise SyncError(f"there is no sync '{name}'", fix)
    return load_sync(folder / f"{name}.yml")


def load_sync(path: Path) -> Sync:
    """Read one sync file and check what its destination demands of it.

    Raises:
        SyncError: It is not a valid sync.
    """
    sync = parse_sync(path)
    destination = REGISTRY.get(sync.destination)
    if destination is None:
        raise sync.wrong(
            "destination",
            f"'{sync.destination}' is not registered",
            f"choose one of {', '.join(REGISTRY)}",
        )
    if sync.mode not in destination.modes:
        raise sync.wrong(
            "mode",
            f"destination {sync.destination} does not offer mode {sync.mode}",
            f"choose one of {', '.join(destination.modes)}",
        )
    for key in sync.connection:
        if key not in destination.settings:
            raise sync.wrong(
                f"connection.{key}",
                f"is no setting of destination {sync.destination}",
                f"settings are {', '.join(destination.settings)}",
            )
    for key, is_required in destination.settings.items():
        if is_required and key not in sync.connection:
            raise sync.wrong(f"connection.{key}", "is missing", f"add '{key}' to the connection")
    for key, value in sync.connection.items():
        is_secret = key not in _NO_SECRETS and _SECRET.fullmatch(key)
        if is_secret and not _REFERENCE.fullmatch(str(value)):
            raise sync.wrong(
                f"connection.{key}",
                "is written out; a secret belongs in the environment",
                f"write '{key}: ${{NAME}}' and set NAME, for example in .env",
            )
    destination.check(sync)
    return sync


def resolve_connection(sync: Sync, environment: Mapping[str, str]) -> dict[str, Scalar]:
    """The connection with every `${NAME}` filled in from the environment.

    Raises:
        SyncError: A variable is not set.
    """

    connection = dict(sync.connection)
    for key, text in sync.connection.items():
        if isinstance(text, str):
            try:
                connection[key] = filled_in(text, environment)
            except KeyError as unset:
                name = unset.args[0]
                raise sync.wrong(
                    f"connection.{key}", f"${{{name}}} is not set", f"set {name} or add it to .env"
                ) from None
    return connection


def filled_in(text: str, environment: Mapping[str, str]) -> str:
    """A text with every `${NAME}` filled in.

    Raises:
        KeyError: One is not set; it names it.
    """

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        if not environment.get(name):
            raise KeyError(name)
        return environment[name]

    return _REFERENCE.sub(value, text)


def secrets_of(sync: Sync, environment: Mapping[str, str]) -> tuple[str, ...]:
    """The secret values a sync refers to, for masking."""
    texts = [text for text in sync.connection.values() if isinstance(text, str)]
    return tuple(
        environment[name]
        for text in texts
        for name in _REFERENCE.findall(text)
        if environment.get(name)
    )
