"""The payload as SQL: a mapped field becomes one typed expression, a row one canonical JSON text and its SHA-256.

Canonical: field names sorted, instants ISO 8601 in UTC, floats rounded to six places, what is no number null. The same
people with the same values give the same text, so that an unchanged row is never sent again.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from reverse_etl.spec import MappedField, Scalar, Sync

_NORMALISED = {
    "trim": "nullif(trim({0}), '')",
    "lower": "nullif(lower(trim({0})), '')",
    "upper": "nullif(upper(trim({0})), '')",
    "email": "nullif(lower(trim({0})), '')",
    "phone": "nullif(regexp_replace(regexp_replace(trim({0}), '[^0-9+]', '', 'g'), '^00', '+'), '')",
}
_CONSTANT_TYPES = {str: "VARCHAR", bool: "BOOLEAN", int: "BIGINT", float: "DOUBLE"}


@dataclass(frozen=True)
class OutputField:
    """A payload field and the type it has where types exist (Parquet)."""

    name: str
    type: str


def literal(value: Scalar) -> str:
    """A plain value as a SQL literal."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return repr(value)


def identifier(name: str) -> str:
    """A name as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def output_fields(sync: Sync, columns: Mapping[str, str]) -> tuple[OutputField, ...]:
    """The payload's fields with their types, in the order of the mapping."""
    return tuple(OutputField(field.name, _type(field, columns)) for field in sync.mapping)


def payload_sql(sync: Sync, columns: Mapping[str, str]) -> str:
    """The row's canonical JSON as a SQL expression over the audience's columns."""
    pairs = ", ".join(
        f"{literal(field.name)}, {json_value(value_sql(field, columns), _type(field, columns))}"
        for field in sorted(sync.mapping, key=lambda field: field.name)
    )
    return f"cast(json_object({pairs}) as varchar)"


def key_sql(sync: Sync, columns: Mapping[str, str]) -> str:
    """What a row is acknowledged by, as text: the mapped key, and in mode events which entry of the person it is."""
    field = next(field for field in sync.mapping if field.name == sync.key_field)
    key = f"nullif(cast({value_sql(field, columns)} as varchar), '')"
    return f"{key} || '#' || cast(entry_seq as bigint)" if sync.mode == "events" else key


def person_sql(sync: Sync, key: str) -> str:
    """The mapped key of what a row is acknowledged by: what the destination knows the person by."""
    return f"regexp_replace({key}, '#[0-9]+$', '')" if sync.mode == "events" else key


def removal_sql(sync: Sync, fields: tuple[OutputField, ...], key: str) -> str:
    """The payload of a removal: the mapped key field and nothing else."""
    kind = next(field.type for field in fields if field.name == sync.key_field)
    value = json_value(f"cast({person_sql(sync, key)} as {kind})", kind)
    return f"cast(json_object({literal(sync.key_field)}, {value}) as varchar)"


def typed_sql(field: OutputField, payload: str = "payload") -> str:
    """A payload field back as a typed column."""
    path = literal(f'$."{field.name}"')
    return (
        f"cast(json_extract_string({payload}, {path}) as {field.type}) as {identifier(field.name)}"
    )


def value_sql(field: MappedField, columns: Mapping[str, str]) -> str:
    """A mapped field as a SQL expression: column, normalised, with its fallback."""
    if field.column is None:
        return literal(field.constant) if field.constant is not None else "null"
    value = identifier(field.column)
    if field.normalise:
        value = _NORMALISED[field.normalise].format(value)
    if field.fallback is None:
        return value
    fallback = f"cast({literal(field.fallback)} as {columns[field.column]})"
    return f"coalesce({value}, {fallback})"


def json_value(value: str, kind: str) -> str:
    """The expression as it enters the canonical JSON."""
    if kind.startswith("TIMESTAMP"):
        zone = " at time zone 'UTC'" if kind.endswith("TIME ZONE") else ""
        return f"strftime({value}{zone}, '%Y-%m-%dT%H:%M:%SZ')"
    if kind in ("DOUBLE", "FLOAT"):
        return f"case when isfinite({value}) then round({value}, 6) end"
    return value


def check_mapping(
    connection: duckdb.DuckDBPyConnection, sync: Sync, columns: Mapping[str, str]
) -> None:
    """Check the mapping against the audience's columns.

    Raises:
        SyncError: A column is not there, or a normaliser or fallback does not suit its type.
    """
    for field in sync.mapping:
        if field.column is None:
            continue
        where = f"mapping.{field.name}"
        if field.column not in columns:
            raise sync.wrong(
                f"{where}.column",
                f"'{field.column}' is no column of audience {sync.audience}",
                "choose one of the audience's columns",
            )
        kind = columns[field.column]
        if field.normalise and kind != "VARCHAR":
            raise sync.wrong(f"{where}.normalise", f"{kind} is no text", "remove 'normalise'")
        if field.fallback is not None and not _casts(connection, field.fallback, kind):
            raise sync.wrong(
                f"{where}.fallback", f"{field.fallback!r} is no {kind}", f"write a value of {kind}"
            )


def _type(field: MappedField, columns: Mapping[str, str]) -> str:
    if field.column is not None:
        return columns[field.column]
    return _CONSTANT_TYPES[type(field.constant)]


def _casts(connection: duckdb.DuckDBPyConnection, value: Scalar, kind: str) -> bool:
    sql = f"select try_cast({literal(value)} as {kind}) is not null"
    row = connection.execute(sql).fetchone()
    return bool(row and row[0])
