"""Reads what `publish` wrote. The pages have no other source of figures."""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from audiences.errors import WorkError

Row = dict[str, Any]


@dataclass(frozen=True)
class Published:
    """One published version."""

    folder: Path
    as_of: date

    def everyone(self, mart: str, **keys: str) -> list[Row]:
        """The rows over everyone (segment `all`) of one mart.

        Args:
            mart: Name of the mart in the registry.
            keys: Further keys the rows must have, for example period_kind="month".
        """
        wanted = [(key, "=", value) for key, value in {"segment_kind": "all", **keys}.items()]
        rows: list[Row] = pq.read_table(self.folder / f"{mart}.parquet", filters=wanted).to_pylist()
        return rows


def read_current(site_dir: Path) -> Published:
    """The current published version of a site.

    Raises:
        WorkError: Nothing has been published there.
    """
    current = site_dir / "published" / "current"
    if not current.is_dir():
        raise WorkError("nothing is published yet", "run the pipeline first: perennial run")
    folder = current.resolve()  # a version, so that a publish in between changes nothing here
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return Published(folder, date.fromisoformat(manifest["as_of"]))
