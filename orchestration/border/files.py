"""The files of the raw folder: which table has any, and refusing those no reader could read."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from audiences.errors import WorkError
from orchestration.border.contract import RawTable
from orchestration.settings import Settings

Files = Mapping[str, tuple[Path, ...]]  # of each raw table, none when it is absent


def table_files(settings: Settings, tables: Iterable[RawTable]) -> Files:
    """The files of each raw table, those of the state folder among them; a table that is absent has none."""
    return {table.name: tuple(_files(settings, table)) for table in tables}


def _files(settings: Settings, table: RawTable) -> Iterator[Path]:
    raw, name = settings.raw_dir, table.name
    for path in (
        raw / f"{name}.parquet",
        raw / f"{name}.csv",
        *sorted((raw / name).glob("*.parquet")),
    ):
        if path.is_file():
            yield path
    if table.has_ledger:
        yield from sorted((settings.state_dir / name).glob("as_of=*/*.parquet"))


def refuse_unreadable(files: Files) -> None:
    """Stop at the first file that holds nothing or is not Parquet although it is named so.

    Raises:
        WorkError: Names the table and the file.
    """
    for table, paths in files.items():
        for path in paths:
            if path.stat().st_size == 0:
                raise WorkError(
                    f"raw table {table}: {path} is empty (0 bytes)",
                    "export it again; a table without rows is a file with its header, or no file",
                )
            if path.suffix == ".parquet" and not _is_parquet(path):
                raise WorkError(
                    f"raw table {table}: {path} cannot be read as Parquet",
                    "write the file again; it is cut short or of another format",
                )


def _is_parquet(path: Path) -> bool:
    try:
        pq.read_metadata(path)
    except (pa.ArrowException, OSError):
        return False
    return True
