"""CSV files in a folder, in a bucket, and on a server over SFTP."""

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.reverse_etl.conftest import FILE, engine
from tests.reverse_etl.counterparts.base import MAPPING, THEIRS, Counterpart, Held
from tests.reverse_etl.places import Place, bucket, sftp_server

DOCUMENT = FILE | {"mapping": MAPPING}


@contextmanager
def file(root: Path) -> Iterator[Counterpart]:
    folder = root / "out"

    def files() -> Mapping[str, bytes]:
        return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    yield Counterpart(DOCUMENT, lambda: _read(files()))


@contextmanager
def file_in_s3(_root: Path) -> Iterator[Counterpart]:
    with bucket() as place:
        yield _remote(place)


@contextmanager
def file_over_sftp(root: Path) -> Iterator[Counterpart]:
    with sftp_server(root / "server") as place:
        yield _remote(place)


def _remote(place: Place) -> Counterpart:
    return Counterpart(
        DOCUMENT | {"connection": {**place.connection, "format": "csv"}},
        lambda: _read(place.files()),
        environment=place.environment,
    )


def _read(files: Mapping[str, bytes]) -> Held:
    """What a tool holds that has read the files of changes in the order of their names."""
    people = dict(THEIRS)
    for path in sorted(path for path in files if path.endswith(".csv")):
        text = engine().read_csv(
            io.BytesIO(files[path]), all_varchar=True, header=True, allow_quoted_nulls=False
        )
        rows = text.fetchall()
        for operation, key, name in rows:
            people.pop(key, None)
            if operation == "upsert":
                people[key] = name
    return people
