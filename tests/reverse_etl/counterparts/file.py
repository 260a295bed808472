"""A folder of CSV files."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from tests.reverse_etl.conftest import FILE
from tests.reverse_etl.counterparts.base import MAPPING, THEIRS, Counterpart, Held


@contextmanager
def file(root: Path) -> Iterator[Counterpart]:
    """What a tool holds that has read the files in the order of their names."""
    document = FILE | {"mapping": MAPPING}

    def held() -> Held:
        people = dict(THEIRS)
        for path in sorted((root / "out" / str(document["sync"])).glob("*.csv")):
            sql = f"select * from read_csv('{path}', all_varchar = true, header = true, allow_quoted_nulls = false)"
            with duckdb.connect() as connection:
                rows = connection.execute(sql).fetchall()
            for operation, key, name in rows:
                people.pop(key, None)
                if operation == "upsert":
                    people[key] = name
        return people

    yield Counterpart(document, held)
