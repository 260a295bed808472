"""The template that maps one's own tables to the raw contract: one SQL file a raw table, written from the contract."""

from pathlib import Path

from audiences.errors import InputError
from orchestration.border.contract import Column, RawTable, load_contract

TEMPLATE = Path(__file__).parent / "raw_template"
COPIED = ("README.md", "run.py", "sources.sql")
WIDTH = 58


def write_template(folder: Path) -> list[Path]:
    """Write the template into a folder, which is made if need be.

    Args:
        folder: Where to.

    Returns:
        The files written.

    Raises:
        InputError: The folder is a file, or one of the files is there already; nothing is written then.
    """
    texts = {name: (TEMPLATE / name).read_text(encoding="utf-8") for name in COPIED}
    texts |= {f"{table.name}.sql": table_sql(table) for table in load_contract()}
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file", "name a folder")
    present = [name for name in texts if (folder / name).exists()]
    if present:
        raise InputError(
            f"{folder} already holds {present[0]}", "name another folder; nothing was written"
        )
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in texts]


def table_sql(table: RawTable) -> str:
    """The select of one raw table, a line and a comment a column."""
    needed = (
        "required" if table.required else "optional; delete this file when you have no such table"
    )
    lines = [
        f"-- {table.name} ({needed})",
        f"-- {table.description}",
        f"-- Key: {', '.join(table.key)}.",
        "select",
        *(_column_line(column) for column in table.columns),
        f"from shop.{table.name}",
    ]
    return "\n".join(lines) + "\n"


def _column_line(column: Column) -> str:
    return f"{f'    {column.name} as {column.name},':<{WIDTH}} -- {_meaning(column)}"


def _meaning(column: Column) -> str:
    facts = [column.data_type, *(["required"] if column.required else [])]
    bounds = {"at least": column.min, "above": column.above, "at most": column.max}
    facts += [f"{word} {bound:g}" for word, bound in bounds.items() if bound is not None]
    if column.values:
        facts.append("one of " + " ".join(column.values))
    return f"{', '.join(facts)}: {column.description}"
