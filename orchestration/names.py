"""Names of audiences as people type them: a wrong one is answered with the nearest there is."""

from pathlib import Path

from audiences.blocks import nearest
from audiences.errors import InputError
from audiences.loader import load_definitions
from audiences.reports import audiences_in
from audiences.spec import Definition
from orchestration.compile import audience_language
from orchestration.settings import DEFINITIONS


def definition_of(name: str) -> Definition:
    """The definition of an audience.

    Raises:
        InputError: There is none of that name, or a definition is wrong.
    """
    definitions = {one.audience: one for one in load_definitions(DEFINITIONS, audience_language())}
    if name not in definitions:
        raise InputError(f"there is no audience '{name}'", nearest(name, definitions))
    return definitions[name]


def check_name(name: str, warehouse: Path) -> None:
    """Refuse the name of an audience that neither a definition nor the warehouse knows.

    Raises:
        InputError: There is none; the nearest one is named.
    """
    known = {file.stem for file in DEFINITIONS.rglob("*.yml")} | audiences_in(warehouse)
    if name not in known:
        raise InputError(f"there is no audience '{name}'", nearest(name, known))
