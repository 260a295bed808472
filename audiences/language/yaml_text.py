"""YAML read as text: no guessed types, duplicate keys or aliases, and the line of every value."""

from pathlib import Path
from typing import Any

import yaml

Path_ = tuple[str | int, ...]
Lines = dict[Path_, int]

MAX_DEPTH = 30
MAX_CHARACTERS = 1_000_000
STANDARD_TAGS = {f"tag:yaml.org,2002:{kind}" for kind in ("str", "map", "seq")}


class Misread(Exception):  # noqa: N818 - it never leaves the package
    """The file cannot be read as plain text values."""

    def __init__(self, code: str, line: int, path: Path_, rule: str, fix: str) -> None:
        super().__init__(rule)
        self.code, self.line, self.path, self.rule, self.fix = code, line, path, rule, fix


def read_mapping(file: Path) -> tuple[dict[str, Any], Lines]:
    """The file's mapping, scalars as text (None where there is no value), and each path's line.

    Raises:
        Misread: It is not such a mapping.
    """
    try:
        text = file.read_text(encoding="utf-8")
        if len(text) > MAX_CHARACTERS:
            raise Misread("AUD100", 1, (), "the file is too long", "keep it below 1 MB")
        root = yaml.compose(text, Loader=yaml.BaseLoader)
    except UnicodeDecodeError:
        raise Misread("AUD100", 1, (), "the file is not UTF-8", "save it as UTF-8") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        said = getattr(error, "problem", None) or "a character YAML does not allow"
        raise Misread("AUD100", line, (), f"not YAML: {said}", "mend the YAML") from None
    except RecursionError:
        raise Misread("AUD100", 1, (), "nested too deep", f"use {MAX_DEPTH} levels") from None
    if not isinstance(root, yaml.MappingNode):
        raise Misread("AUD100", 1, (), "the file holds no mapping", "begin with `version: 1`")
    lines: Lines = {}
    return _Reader(lines).read(root, ()), lines


class _Reader:
    """Walks the nodes of one file."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self.seen: set[int] = set()

    def read(self, node: yaml.Node, path: Path_) -> Any:
        line = node.start_mark.line + 1
        self.lines.setdefault(path, line)
        self._check(node, path, line)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.read(item, (*path, index)) for index, item in enumerate(node.value)]
        plain = getattr(node, "style", None) is None
        return None if plain and node.value in {"", "~", "null", "Null", "NULL"} else node.value

    def _mapping(self, node: yaml.MappingNode, path: Path_) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode) or not key_node.value.isprintable():
                raise Misread("AUD100", line, path, "a key is not text", "write `key: value`")
            key = key_node.value
            if key in mapping:
                first = self.lines[(*path, key)]
                rule = f"duplicate key `{key}`, first on line {first}"
                raise Misread("AUD104", line, (*path, key), rule, "keep one of them")
            self.lines[(*path, key)] = line
            mapping[key] = self.read(value_node, (*path, key))
        return mapping

    def _check(self, node: yaml.Node, path: Path_, line: int) -> None:
        if len(path) > MAX_DEPTH:
            fix = f"use at most {MAX_DEPTH} levels"
            raise Misread("AUD100", line, (), "nested too deep", fix)
        if id(node) in self.seen:
            raise Misread("AUD104", line, path, "YAML aliases are not read", "write it out")
        if node.tag not in STANDARD_TAGS:
            raise Misread("AUD104", line, path, "YAML tags are not read", "leave the tag out")
        self.seen.add(id(node))
