"""Names of audiences as people type them: a wrong one is answered with the nearest there is."""

from collections.abc import Collection
from pathlib import Path

from audiences.errors import InputError
from audiences.language.blocks import nearest
from audiences.loader import load_definitions
from audiences.spec import Definition
from audiences.tools.reports import audiences_in
from orchestration import settings as places
from orchestration.compile import audience_language


def definition_of(name: str) -> Definition:
    """The definition of an audience.

    Raises:
        InputError: There is none of that name, or a definition is wrong.
    """
    found = load_definitions(places.DEFINITIONS, audience_language())
    definitions = {one.audience: one for one in found}
    _check(name, definitions)
    return definitions[name]


def check_name(name: str, warehouse: Path) -> None:
    """Refuse the name of an audience that neither a definition nor the warehouse knows.

    Raises:
        InputError: There is none; the nearest one is named.
    """
    written = {file.stem for file in places.DEFINITIONS.rglob("*.yml")}
    _check(name, written | audiences_in(warehouse))


def _check(name: str, known: Collection[str]) -> None:
    if name not in known:
        fix = nearest(name, known) if known else "write one with `perennial audiences new`"
        raise InputError(f"there is no audience '{name}'", fix)
