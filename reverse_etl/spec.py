"""A sync file as a frozen object. Parsing and its messages are here; what a destination demands is in loader.py."""

import difflib
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import yaml

from reverse_etl.errors import SyncError

MODES = ("upsert", "insert", "update", "mirror", "list", "events", "snapshot")
NORMALISE = ("email", "phone", "trim", "lower", "upper")
KEYS = (
    *("version", "sync", "audience", "destination", "connection", "mode", "key", "mapping"),
    *("on_exit", "batch", "breakers", "status"),
)
REQUIRED = ("version", "sync", "audience", "destination", "connection", "mode", "key", "mapping")
Scalar = str | int | float | bool


@dataclass(frozen=True)
class MappedField:
    """One field of the payload and where its value comes from: a column or a constant."""

    name: str
    column: str | None = None
    constant: Scalar | None = None
    fallback: Scalar | None = None
    normalise: str | None = None


@dataclass(frozen=True)
class Breakers:
    """When a run is held rather than sent."""

    max_removed_share: float = 0.3
    max_changed_share: float = 0.5
    max_rejected_share: float = 0.05
    allow_empty: bool = False


@dataclass(frozen=True)
class Sync:
    """One sync: which audience goes where, as what, and when to stop."""

    name: str
    file: str
    audience: str
    destination: str
    mode: str
    key: str
    mapping: tuple[MappedField, ...]
    on_exit: str
    connection: dict[str, Scalar] = field(repr=False)
    max_rows: int = 1000
    breakers: Breakers = field(default_factory=Breakers)
    status: str = "active"

    @property
    def is_active(self) -> bool:
        """Whether the sync delivers; a paused one is only planned."""
        return self.status == "active"

    @property
    def key_field(self) -> str:
        """The payload field that carries the key."""
        return next(field.name for field in self.mapping if field.column == self.key)

    def wrong(self, key: str, problem: str, fix: str) -> SyncError:
        """An error that names this sync's file and the key in it."""
        return SyncError(f"{self.file}: {key}: {problem}", fix)


def parse_sync(path: Path) -> Sync:
    """Read one sync file.

    Raises:
        SyncError: The file is not a sync; the message names the key, its value and the fix.
    """
    return _Reader(path.name, path.stem).sync(_document(path))


class _UniqueKeys(yaml.SafeLoader):
    """YAML that refuses a key written twice, which would silently lose the first."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"key '{key.value}' is written twice", key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def _document(path: Path) -> dict[str, Any]:
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), _UniqueKeys)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" line {mark.line + 1}" if mark else ""
        raise SyncError(
            f"{path.name}:{where} is not readable YAML: {getattr(error, 'problem', 'not UTF-8')}",
            "mend the file",
        ) from None
    if not isinstance(document, dict):
        raise SyncError(f"{path.name}: holds no keys", f"write the keys {', '.join(REQUIRED)}")
    return document


class _Reader:
    """Turns a document into a Sync; every complaint names the file."""

    def __init__(self, file: str, stem: str) -> None:
        self.file, self.stem = file, stem

    def sync(self, document: dict[str, Any]) -> Sync:
        self._known(document, KEYS, "")
        for key in REQUIRED:
            if document.get(key) is None:
                self._fail(key, "is missing", f"add '{key}:'")
        if document["version"] != 1:
            self._fail("version", f"is {document['version']!r}", "write 'version: 1'")
        name = self._name(document, "sync")
        if name != self.stem:
            self._fail("sync", f"'{name}' is not the file's name", f"write 'sync: {self.stem}'")
        mode = self._choice(document, "mode", MODES)
        mapping = self._mapping(document["mapping"])
        key = self._text(document, "key")
        self._key_is_mapped(key, mapping)
        batch = self._section(document, "batch", ("max_rows",))
        return Sync(
            name=name,
            file=self.file,
            audience=self._name(document, "audience"),
            destination=self._text(document, "destination"),
            mode=mode,
            key=key,
            mapping=mapping,
            on_exit=self._on_exit(document, mode),
            connection=self._connection(document),
            max_rows=self._whole(batch, "batch.max_rows", 1000),
            breakers=self._breakers(document),
            status=self._choice(document, "status", ("active", "paused"), "active"),
        )

    def _mapping(self, value: Any) -> tuple[MappedField, ...]:
        if not isinstance(value, dict) or not value:
            self._fail("mapping", "names no field", "map at least the key, as 'id: { column: … }'")
        return tuple(self._field(name, source) for name, source in value.items())

    def _field(self, name: Any, source: Any) -> MappedField:
        where = f"mapping.{name}"
        if not isinstance(name, str) or not re.fullmatch(r'[^"\\\x00-\x1f]{1,100}', name):
            self._fail(where, "is no field name", "use text without quotes or backslashes")
        if not isinstance(source, dict):
            self._fail(where, f"is {source!r}", "write { column: … } or { constant: … }")
        self._known(source, ("column", "constant", "fallback", "normalise"), f"{where}.")
        if (source.get("column") is None) == (source.get("constant") is None):
            self._fail(where, "needs a column or a constant, not both", "keep one of the two")
        if source.get("constant") is not None and len(source) > 1:
            self._fail(where, "has a constant and more", "keep 'constant' alone")
        for key in ("constant", "fallback"):
            if not isinstance(source.get(key), Scalar | None):
                self._fail(
                    f"{where}.{key}", "is not a plain value", "write text, number or boolean"
                )
        if source.get("column") is not None:
            self._text(source, "column", f"{where}.")
        normalise = source.get("normalise")
        if normalise is not None:
            self._choice(source, "normalise", NORMALISE, None, f"{where}.")
        return MappedField(
            name, source.get("column"), source.get("constant"), source.get("fallback"), normalise
        )

    def _key_is_mapped(self, key: str, mapping: tuple[MappedField, ...]) -> None:
        mapped = [field for field in mapping if field.column == key]
        if not mapped:
            self._fail("key", f"'{key}' is not mapped", f"map it, as 'id: {{ column: {key} }}'")
        if mapped[0].fallback is not None:
            self._fail(f"mapping.{mapped[0].name}.fallback", "a key has none", "remove it")

    def _on_exit(self, document: dict[str, Any], mode: str) -> str:
        default = "remove" if mode in ("mirror", "list", "snapshot") else "keep"
        on_exit = self._choice(document, "on_exit", ("remove", "keep"), default)
        if mode == "snapshot" and on_exit == "keep":
            self._fail(
                "on_exit", "'keep' with mode snapshot", "a snapshot holds only members: remove"
            )
        if mode == "events" and on_exit == "remove":
            self._fail("on_exit", "'remove' with mode events", "what was told stays told: keep")
        return on_exit

    def _connection(self, document: dict[str, Any]) -> dict[str, Scalar]:
        value = document["connection"]
        if not isinstance(value, dict) or not all(
            isinstance(item, Scalar) for item in value.values()
        ):
            self._fail("connection", "is no list of settings", "write { name: value, … }")
        return dict(value)

    def _breakers(self, document: dict[str, Any]) -> Breakers:
        names = tuple(Breakers.__dataclass_fields__)
        value = self._section(document, "breakers", names)
        for name, item in value.items():
            where = f"breakers.{name}"
            if name == "allow_empty":
                if not isinstance(item, bool):
                    self._fail(where, f"is {item!r}", "write true or false")
            elif isinstance(item, bool) or not isinstance(item, int | float) or not 0 <= item <= 1:
                self._fail(where, f"is {item!r}", "write a share from 0 to 1")
        return Breakers(**value)

    def _section(
        self, document: dict[str, Any], key: str, known: tuple[str, ...]
    ) -> dict[str, Any]:
        value = document.get(key) or {}
        if not isinstance(value, dict):
            self._fail(key, f"is {value!r}", f"write {{ {known[0]}: … }}")
        self._known(value, known, f"{key}.")
        return value

    def _whole(self, section: dict[str, Any], where: str, default: int) -> int:
        value = section.get(where.rsplit(".", maxsplit=1)[-1], default)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            self._fail(where, f"is {value!r}", "write a whole number from 1")
        return int(value)

    def _name(self, document: dict[str, Any], key: str) -> str:
        value = self._text(document, key)
        if not re.fullmatch(r"[a-z][a-z0-9_]*", value):
            self._fail(key, f"is '{value}'", "use lower case letters, digits and _")
        return value

    def _text(self, document: dict[str, Any], key: str, prefix: str = "") -> str:
        value = document[key]
        if not isinstance(value, str) or not value.strip():
            self._fail(f"{prefix}{key}", f"is {value!r}", "write text")
        return str(value)

    def _choice(
        self,
        document: dict[str, Any],
        key: str,
        choices: tuple[str, ...],
        default: str | None = None,
        prefix: str = "",
    ) -> str:
        value = document.get(key, default)
        if value not in choices:
            self._fail(f"{prefix}{key}", f"is {value!r}", f"choose one of {', '.join(choices)}")
        return str(value)

    def _known(self, section: dict[str, Any], known: tuple[str, ...], prefix: str) -> None:
        for key in section:
            if key not in known:
                close = difflib.get_close_matches(str(key), known, 1)
                fix = f"did you mean '{close[0]}'?" if close else f"keys are {', '.join(known)}"
                self._fail(f"{prefix}{key}", "is not a key of a sync", fix)

    def _fail(self, key: str, problem: str, fix: str) -> NoReturn:
        raise SyncError(f"{self.file}: {key}: {problem}", fix)
