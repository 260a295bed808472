"""The folder of compiled models: what differs from the definitions, and bringing it up to date."""

import csv
from dataclasses import dataclass
from pathlib import Path

from audiences.compiler import compile_definitions
from audiences.errors import DefinitionError, InputError
from audiences.loader import Language, load_definitions, load_holdout
from audiences.models.model_text import SQL_HEADER, YML_HEADER


@dataclass(frozen=True)
class Difference:
    """How the folder differs from the definitions, as file names."""

    to_write: tuple[str, ...]
    to_delete: tuple[str, ...]
    unchanged: tuple[str, ...]

    @property
    def is_none(self) -> bool:
        """Whether the folder is up to date."""
        return not self.to_write and not self.to_delete


def read_names(seed: Path, column: str) -> frozenset[str]:
    """The names a seed declares.

    Raises:
        InputError: The file is missing or has no such column.
    """
    try:
        with seed.open(encoding="utf-8", newline="") as file:
            return frozenset(row[column] for row in csv.DictReader(file))
    except (OSError, KeyError):
        problem = f"{seed.name}: no seed with a column `{column}`"
        raise InputError(problem, "restore the seed, with that column") from None


def compile_to(definitions_dir: Path, models_dir: Path, language: Language) -> Difference:
    """Compile a folder of definitions into a folder of dbt models.

    Files are written only when their text differs, and compiled files of definitions that are gone
    are deleted; files without the generated header are never touched.

    Args:
        definitions_dir: The definitions.
        models_dir: Where the models are kept.
        language: What the definitions may refer to.

    Returns:
        What was written and deleted.

    Raises:
        DefinitionError: A definition is wrong; nothing was written.
    """
    files = _compile(definitions_dir, language)
    difference = _compare(files, models_dir)
    models_dir.mkdir(parents=True, exist_ok=True)
    for name in difference.to_write:
        (models_dir / name).write_text(files[name], encoding="utf-8")
    for name in difference.to_delete:
        (models_dir / name).unlink()
    return difference


def check_compiled(definitions_dir: Path, models_dir: Path, language: Language) -> Difference:
    """What `compile_to` would do, without doing it."""
    return _compare(_compile(definitions_dir, language), models_dir)


def _compile(definitions_dir: Path, language: Language) -> dict[str, str]:
    definitions = load_definitions(definitions_dir, language)
    holdout = load_holdout(definitions_dir)
    return compile_definitions(definitions, language.written_traits, holdout)


def _compare(files: dict[str, str], models_dir: Path) -> Difference:
    there = {
        file.name: file.read_text(encoding="utf-8")
        for file in sorted(models_dir.glob("audience_*"))
        if file.suffix in {".sql", ".yml"}
    }
    generated = {name for name, text in there.items() if text.startswith((SQL_HEADER, YML_HEADER))}
    if taken := sorted(files.keys() & (there.keys() - generated)):
        raise DefinitionError(
            f"{taken[0]} is written by hand, and a definition would replace it",
            "rename the definition, or move the file away",
        )
    changed = [name for name, text in files.items() if there.get(name) != text]
    return Difference(
        to_write=tuple(sorted(changed)),
        to_delete=tuple(sorted(generated - files.keys())),
        unchanged=tuple(sorted(files.keys() - set(changed))),
    )
