"""The audience models as SQL to run outside the warehouse: dbt renders them, nothing is built."""

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from audiences.errors import WorkError
from audiences.tools.trial import SENTINEL, Models, Seed
from audiences.unfinished import beside
from orchestration import dbt
from orchestration.settings import DBT_PROJECT, Settings

LAST = "audience_dispositions"
PARSED = "partial_parse.msgpack"
RENDERED = (
    "path:models/audiences",
    "path:models/intermediate/activation",
    "contact_permissions",
    "stg_state__*",
)
INVENTED = ("customer_traits", "customer_events", "contact_history")
PEOPLE = ("dim_customers", "int_profile_traits_gathered")
"""Models of persons behind the traits: what is asked of them the traits hold too."""

Node = dict[str, Any]


def render_models(settings: Settings) -> Models:
    """What decides dispositions, rendered anew: SQL in order, and the tables it begins with.

    Raises:
        WorkError: The project cannot be compiled.
    """
    parsed = DBT_PROJECT / "target" / "trial" / PARSED
    # Folders of their own: two people may try their definitions at a time. What dbt parsed before is handed on.
    with TemporaryDirectory(prefix="perennial-trial-") as folder:
        target = Path(folder)
        if parsed.is_file():
            shutil.copyfile(parsed, target / PARSED)
        manifest = compiled_manifest(settings, RENDERED, target)
        if (target / PARSED).is_file():
            parsed.parent.mkdir(parents=True, exist_ok=True)
            unfinished = beside(parsed)
            shutil.copyfile(target / PARSED, unfinished)
            os.replace(unfinished, parsed)
    return _gather(manifest)


def compiled_manifest(settings: Settings, selected: Sequence[str], target: Path) -> dict[str, Any]:
    """The manifest with the SQL of models as dbt compiles them for the day SENTINEL, without a warehouse.

    Args:
        settings: The folders the project names.
        selected: Which models, as dbt selects them.
        target: Where dbt writes.

    Raises:
        WorkError: The project cannot be compiled.
    """
    elsewhere = {"PERENNIAL_WAREHOUSE": ":memory:", "PERENNIAL_AS_OF": SENTINEL.isoformat()}
    finished = subprocess.run(
        [
            *(str(dbt.DBT), "compile", "--quiet", "--no-introspect", "--select", *selected),
            *("--target-path", str(target), "--log-path", str(target)),
        ],
        cwd=DBT_PROJECT,
        env={**dbt.environment(settings), **elsewhere, "PERENNIAL_TARGET": "duckdb"},
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode != 0:
        said = next((line for line in finished.stdout.splitlines() if "rror" in line), "no message")
        raise WorkError(f"dbt cannot compile the models: {said.strip()}", "mend the model it names")
    manifest: dict[str, Any] = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    return manifest


def _gather(manifest: dict[str, Any]) -> Models:
    """Walk up from the last model; what is not invented or a table of its own is run."""
    nodes: dict[str, Node] = manifest["nodes"] | manifest["sources"]
    contracts = {
        node["name"]: _columns(node)
        for node in manifest["sources"].values()
        if node["source_name"] == "shop"
    }
    models = Models({}, {}, {}, [])
    seen: set[str] = set()

    def add(key: str) -> None:
        if key in seen:
            return
        seen.add(key)
        node = nodes[key]
        relation, name = node["relation_name"], node["name"]
        if node["resource_type"] == "seed":
            file = Path(DBT_PROJECT / node["original_file_path"])
            models.seeds[relation] = Seed(file, node["config"]["column_types"])
        elif node["resource_type"] == "source" or name in INVENTED:
            models.tables[relation] = _columns(node)
        elif name.startswith("stg_shop__"):
            models.tables[relation] = contracts[
                name.removeprefix("stg_shop__").removesuffix("_uncut")
            ]
        elif name in PEOPLE:
            models.people.append(relation)
        else:
            for parent in node["depends_on"]["nodes"]:
                add(parent)
            models.sql[relation] = node["compiled_code"]

    add(next(key for key, node in nodes.items() if node["name"] == LAST))
    for node in nodes.values():
        if node["name"] in INVENTED:
            models.tables.setdefault(node["relation_name"], _columns(node))
    return models


def _columns(node: Node) -> dict[str, str]:
    return {name: column["data_type"] for name, column in node["columns"].items()}
