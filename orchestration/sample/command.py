"""`perennial sample`, without the command line: generate into a fresh folder, mark it, put it in place."""

from pathlib import Path

from orchestration.sample.folder import replaced, write_marker
from orchestration.sample.generator import Report, Shop, write_shop


def write_sample(shop: Shop, target: Path, report: Report) -> dict[str, int]:
    """Generate the shop and put it where the target is.

    Args:
        shop: What shop.
        target: The raw folder; the shop an earlier call wrote is replaced, whole or not at all.
        report: Called with what was done, steps done and steps in all.

    Returns:
        Rows by table.

    Raises:
        InputError: The target holds raw tables that no sample wrote.
    """
    with replaced(target) as folder:
        rows = write_shop(shop, folder, report)
        arguments = {
            "customers": shop.customers,
            "months": shop.months,
            "seed": shop.seed,
            "end": shop.end.isoformat(),
        }
        write_marker(folder, arguments, rows)
    return rows
