"""The files of the raw folder: which table has any, and refusing those no reader could read."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from audiences.errors import WorkError

Files = Mapping[str, tuple[Path, ...]]  # of each raw table, none when it is absent


def table_files(raw_dir: Path, names: Iterable[str]) -> Files:
    """The files of each raw table; a table that is absent has none."""
    return {
        name: tuple(
            path
            for path in (
                raw_dir / f"{name}.parquet",
                raw_dir / f"{name}.csv",
                *sorted((raw_dir / name).glob("*.parquet")),
            )
            if path.is_file()
        )
        for name in names
    }


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
