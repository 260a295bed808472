"""Renders our macros and models without dbt, so that a test of a formula costs milliseconds.

`render` writes out any snippet that uses our macros, for the dialect asked for; `model` is the SQL of one model,
reading tables by their bare names, so that a test can put invented tables in their place in an empty DuckDB.
"""

import re
from collections.abc import Callable
from functools import cache
from types import SimpleNamespace
from typing import Any

import duckdb
import jinja2
import yaml

from orchestration.settings import DBT_PROJECT

AS_OF = "2026-03-31"
TEXT = {"duckdb": "varchar", "spark": "string", "postgres": "text"}
MODELS = {path.stem: path for path in (DBT_PROJECT / "models").rglob("*.sql")}
SEEDS = {path.stem: path for path in (DBT_PROJECT / "seeds").glob("*.csv")}


class Adapter:
    """What dbt's `adapter` does in our macros: pick the macro of the dialect, else the default one."""

    def __init__(self, dialect: str) -> None:
        self.dialect = dialect

    @jinja2.pass_context
    def dispatch(self, context: jinja2.runtime.Context, name: str) -> Callable[..., str]:
        return context.get(f"{self.dialect}__{name}") or context[f"default__{name}"]


@cache
def _macros() -> str:
    return "".join(path.read_text() for path in sorted((DBT_PROJECT / "macros").glob("*.sql")))


@cache
def _all_names() -> str:
    return ", ".join(re.findall(r"\bmacro (\w+)\(", _macros()))


@cache
def _vars() -> dict[str, Any]:
    return yaml.safe_load((DBT_PROJECT / "dbt_project.yml").read_text())["vars"]


@cache
def _environment() -> jinja2.Environment:
    """Jinja with our macros as one template, so that they are compiled once."""
    return jinja2.Environment(
        undefined=jinja2.StrictUndefined,
        extensions=["jinja2.ext.do"],
        loader=jinja2.DictLoader({"macros": _macros()}),
    )


def render(
    text: str,
    *,
    dialect: str = "duckdb",
    as_of: str = AS_OF,
    variables: dict[str, Any] | None = None,
) -> str:
    """The text with our macros written out; `variables` go before those of dbt_project.yml."""
    context = dict(
        adapter=Adapter(dialect),
        dbt=SimpleNamespace(type_string=lambda: TEXT[dialect]),
        env_var=lambda name, default="": {"PERENNIAL_AS_OF": as_of}.get(name, default),
        execute=True,
        ref=lambda name: name,
        var=lambda name: {**_vars(), **(variables or {})}[name],
        **{"return": lambda value: value},
    )
    imports = f"{{% from 'macros' import {_all_names()} with context %}}"
    return _environment().from_string(imports + text).render(context).strip()


def model(name: str, **options: Any) -> str:
    """The SQL of a model, reading tables by their bare names."""
    return render(MODELS[name].read_text(), **options)


def build(warehouse: duckdb.DuckDBPyConnection, name: str, **options: Any) -> None:
    """Create the table of a model or seed, and before it those it reads that are not there yet."""
    tables = {table for (table,) in warehouse.execute("show tables").fetchall()}
    if name in tables:
        return
    if name in SEEDS:
        warehouse.execute(f"create table {name} as from read_csv('{SEEDS[name]}')")
        return
    for source in sorted(set(re.findall(r"ref\('(\w+)'\)", MODELS[name].read_text()))):
        build(warehouse, source, **options)
    warehouse.execute(f"create table {name} as {model(name, **options)}")
