"""Names of audiences as people type them."""

from collections.abc import Iterable

from audiences.blocks import nearest
from audiences.errors import InputError
from audiences.spec import Definition


def check_defined(name: str, definitions: Iterable[Definition]) -> None:
    """Refuse a name no definition has.

    Raises:
        InputError: There is no such audience; the nearest one is named.
    """
    known = [one.audience for one in definitions]
    if name not in known:
        raise InputError(f"there is no audience '{name}'", nearest(name, known))
