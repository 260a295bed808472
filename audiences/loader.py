"""From files to definitions, or to the problems that keep them from being one, with their place."""

from collections import ChainMap
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from audiences.errors import DefinitionError, InputError
from audiences.language.blocks import Block, nearest
from audiences.language.catalogue import Catalogue
from audiences.language.columns import Closed, Finding, Traits
from audiences.language.entry import check_order
from audiences.language.fixtures import check_tests
from audiences.language.global_holdout import FILE, GlobalHoldout, holdout_file
from audiences.language.payload import check_payload
from audiences.language.references import check_references
from audiences.language.rules import check_condition
from audiences.language.together import check_together
from audiences.language.yaml_text import Lines, Misread, read_mapping
from audiences.spec import Definition

MISSING = {
    "owner": "AUD112",
    "expires_on": "AUD112",
    "goal": "AUD112",
    "salt": "AUD106",
}
WORDS = {
    "string_type": "must be text",
    "tuple_type": "must be a list",
    "dict_type": "must be a mapping",
    "union_tag_not_found": "must be a condition",
    "missing": "is required",
}


@dataclass(frozen=True)
class Problem:
    """What is wrong in a definition file, where, and how to mend it."""

    code: str
    file: str
    line: int
    path: str
    value: str
    rule: str
    fix: str

    @property
    def where(self) -> str:
        """File and line, as editors understand it."""
        return f"{self.file}:{self.line}"

    def __str__(self) -> str:
        what = f"{self.path}: " if self.path else ""
        value = f" (got {self.value})" if self.value else ""
        return f"{self.where}: {self.code} {what}{self.rule}{value}"


@dataclass(frozen=True)
class Language:
    """What definitions may refer to: trait columns with their kinds, and what seeds declare."""

    traits: Traits
    purposes: Collection[str]
    metrics: Collection[str]
    catalogue: Catalogue = field(default_factory=Catalogue)
    sensitive: Mapping[str, Traits] = field(default_factory=dict)
    """Purpose -> the sensitive columns its audiences may use, with their kinds."""
    closed: Closed = field(default_factory=dict)

    def traits_for(self, purpose: str) -> Traits:
        """The columns as an audience of a purpose sees them."""
        return {**self.traits, **self.sensitive.get(purpose, {})}

    @property
    def written_traits(self) -> Traits:
        """The columns with the kinds to write them by, once each definition was found sound."""
        return dict(ChainMap(*map(dict, self.sensitive.values()), dict(self.traits)))


def load_definitions(folder: Path, language: Language | None = None) -> list[Definition]:
    """All definitions of a folder, by name.

    Args:
        folder: Where the definitions are.
        language: What they may refer to; without it, no column or name is looked up.

    Raises:
        DefinitionError: A definition is wrong; the first problem, and how many there are.
    """
    definitions, problems = check_definitions(folder, language)
    if problems:
        more = f", and {len(problems) - 1} more" if len(problems) > 1 else ""
        raise DefinitionError(f"{problems[0]}{more}", problems[0].fix)
    return definitions


def check_definitions(
    folder: Path, language: Language | None = None
) -> tuple[list[Definition], list[Problem]]:
    """The sound definitions of a folder, by name, and every problem of the others."""
    if not folder.is_dir():
        raise InputError(f"no folder of definitions at {folder.name}", "create it, or name another")
    definitions: list[Definition] = []
    holdout, problems = read_holdout(folder)
    files = sorted(folder.rglob("*.y*ml"))
    problems += _check_names_are_alone(folder, files)
    for file in files:
        definition, found = check_file(file, language)
        problems += found
        if definition is not None:
            definitions.append(definition)
    problems += _check_folder(definitions, files, holdout)
    return definitions, problems


def load_holdout(folder: Path) -> GlobalHoldout | None:
    """The global holdout beside a folder of definitions, or None when there is none.

    Raises:
        DefinitionError: The file is wrong.
    """
    holdout, problems = read_holdout(folder)
    if problems:
        raise DefinitionError(str(problems[0]), problems[0].fix)
    return holdout


def read_holdout(folder: Path) -> tuple[GlobalHoldout | None, list[Problem]]:
    """The global holdout beside a folder of definitions, or the problems that keep it from being one."""
    file = holdout_file(folder)
    holdout, _, _, problems = _read(file, GlobalHoldout) if file.is_file() else (None, {}, {}, [])
    return holdout, problems


def check_file(
    file: Path, language: Language | None = None
) -> tuple[Definition | None, list[Problem]]:
    """The definition in a file, or the problems that keep it from being one."""
    definition, raw, lines, problems = _read(file, Definition)
    if definition is None:
        return None, problems
    findings = _check_against(definition, file, language)
    problems = [_place(finding, file, raw, lines) for finding in findings]
    return (None if problems else definition), problems


Form = TypeVar("Form", bound=Block)


def _read(file: Path, form: type[Form]) -> tuple[Form | None, Any, Lines, list[Problem]]:
    """A file in its form with its text and lines, or the problems that keep it from having it."""
    try:
        raw, lines = read_mapping(file)
    except Misread as error:
        path = _spell(error.path)
        problem = Problem(error.code, file.name, error.line, path, "", error.rule, error.fix)
        return None, {}, {}, [problem]
    try:
        return form.model_validate(raw), raw, lines, []
    except ValidationError as error:
        problems = [_explain(entry, file, raw, lines) for entry in error.errors()]
        return None, raw, lines, problems


def _check_against(
    definition: Definition, file: Path, language: Language | None
) -> Iterator[Finding]:
    """What is wrong that the file's own text cannot tell."""
    if file.name != f"{definition.audience}.yml":
        fix = f"name the file {definition.audience}.yml"
        yield "AUD102", ("audience",), "must be the file's name", fix
    arms = definition.experiment.arms if definition.experiment else ()
    known = (language.written_traits, language.closed) if language else (None, {})
    yield from check_tests(definition.tests, arms, *known)
    if language is None:
        return
    if definition.purpose not in language.purposes:
        fix = nearest(definition.purpose, language.purposes)
        yield "AUD110", ("purpose",), "is not a declared purpose", fix
    if definition.goal and definition.goal.metric not in language.metrics:
        fix = nearest(definition.goal.metric, language.metrics)
        yield "AUD110", ("goal", "metric"), "is not a declared metric", fix
    traits = language.traits_for(definition.purpose)
    yield from check_condition(definition.match, ("match",), traits, language.closed)
    if definition.exclude is not None:
        yield from check_condition(definition.exclude, ("exclude",), traits, language.closed)
    if definition.entry.capacity is not None:
        yield from check_order(definition.entry.capacity, traits)
    yield from check_payload(definition, traits, language.catalogue)


def _check_names_are_alone(folder: Path, files: Iterable[Path]) -> Iterator[Problem]:
    """One file, one audience, also across folders."""
    first: dict[str, Path] = {}
    for file in files:
        if (other := first.setdefault(file.stem, file)) != file:
            rule = f"{other.relative_to(folder)} is of the same name"
            where = str(file.relative_to(folder))
            yield Problem("AUD102", where, 1, "", "", rule, "keep one, or rename one")


def _check_folder(
    definitions: Iterable[Definition], files: Iterable[Path], holdout: GlobalHoldout | None
) -> Iterator[Problem]:
    """What is wrong between definitions, which the whole folder tells."""
    by_name = {file.stem: file for file in files}
    sound = {one.audience: one for one in definitions}
    for audience, finding in (
        *check_together(sound, holdout),
        *check_references(sound, by_name),
    ):
        yield _place(finding, by_name[audience], *read_mapping(by_name[audience]))


def locate(folder: Path, found: Iterable[tuple[str, Finding]]) -> list[Problem]:
    """Problems from findings, each with the audience of the folder, or the file of the holdout, it is found in."""
    files = {file.stem: file for file in sorted(folder.rglob("*.y*ml"))}
    files[FILE] = holdout_file(folder)
    return [
        _place(finding, files[audience], *read_mapping(files[audience]))
        for audience, finding in found
    ]


def _place(finding: Finding, file: Path, raw: Any, lines: Lines) -> Problem:
    """A problem from a finding."""
    code, path, rule, fix = finding
    return Problem(code, file.name, _line(path, lines), _spell(path), _show(path, raw), rule, fix)


def _explain(entry: Any, file: Path, raw: Any, lines: Lines) -> Problem:
    """A problem from what pydantic found."""
    context = entry.get("ctx", {})
    path = tuple(part for part in entry["loc"] if not str(part).startswith(("<", "[")))
    if key := context.get("key"):
        path = (*path, key)
    kind = entry["type"]
    if kind.startswith("AUD"):
        code, rule, fix = kind, context["rule"], context["fix"]
    else:
        code = MISSING.get(str(path[-1]), "AUD100") if kind == "missing" else "AUD100"
        rule = WORDS.get(kind) or entry["msg"].replace("Input should", "must")
        fix = "add it" if kind == "missing" else "see docs/audiences.md"
    return Problem(code, file.name, _line(path, lines), _spell(path), _show(path, raw), rule, fix)


def _line(path: tuple[Any, ...], lines: Lines) -> int:
    """Line of the nearest part of the path that is written in the file."""
    while path not in lines:
        path = path[:-1]
    return lines[path]


def _spell(path: tuple[Any, ...]) -> str:
    """A path as people write it: match.all[0].column."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def _show(path: tuple[Any, ...], raw: Any) -> str:
    """The value at a path when it is short enough to show, else nothing."""
    for part in path:
        try:
            raw = raw[part]
        except (KeyError, IndexError, TypeError):
            return ""
    if isinstance(raw, dict) or raw is None:
        return ""
    text = f"[{', '.join(map(str, raw))}]" if isinstance(raw, list) else str(raw)
    return repr(text if len(text) <= 60 else text[:57] + "...")
