"""What people can be contacted for, and which sensitive columns a purpose may use."""

import csv
from collections.abc import Mapping
from pathlib import Path

from audiences.errors import InputError
from audiences.language.blocks import nearest
from audiences.language.columns import Traits


def read_sensitive_purposes(seed: Path, sensitive: Mapping[str, str]) -> dict[str, Traits]:
    """The sensitive columns each purpose may use, with their kinds; purposes without one are left out.

    Args:
        seed: consent_purposes.csv, with `purpose` and `sensitive_traits` (separated by |).
        sensitive: The sensitive columns there are, and their kinds.

    Raises:
        InputError: The seed is missing, or names a column that is not a sensitive one.
    """
    try:
        with seed.open(encoding="utf-8", newline="") as file:
            named = {row["purpose"]: row["sensitive_traits"] for row in csv.DictReader(file)}
    except (OSError, KeyError):
        problem = f"{seed.name}: no seed with columns `purpose` and `sensitive_traits`"
        raise InputError(problem, "restore the seed, with those columns") from None
    allowed: dict[str, Traits] = {}
    for purpose, names in named.items():
        columns = [name.strip() for name in (names or "").split("|") if name.strip()]
        for column in columns:
            if column not in sensitive:
                problem = f"{seed.name}: {purpose}: '{column}' is not a sensitive column"
                raise InputError(problem, nearest(column, sensitive))
        if columns:
            allowed[purpose] = {column: sensitive[column] for column in columns}
    return allowed
