"""What payloads may name: contents, offers and time zones from the seeds, and what the contract says of traits."""

import csv
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from audiences.errors import InputError


@dataclass(frozen=True)
class Catalogue:
    """What payloads may name, and what is known of it.

    Args:
        contents: Content key -> the words in braces of its approved texts, None when none is approved.
        offers: Offer -> share of an order it takes off.
        max_offer_discount_share: The largest share an audience may offer.
        time_zones: The IANA time zones.
        never_null: Traits that are never missing, by a not_null test of the contract.
        whole: Traits that are whole numbers.
    """

    contents: Mapping[str, frozenset[str] | None] = field(default_factory=dict)
    offers: Mapping[str, float] = field(default_factory=dict)
    max_offer_discount_share: float = 1.0
    time_zones: Collection[str] = ()
    never_null: Collection[str] = ()
    whole: Collection[str] = ()


def read_catalogue(seeds: Path, project_yml: Path, traits_yml: Path) -> Catalogue:
    """The catalogue of a project.

    Raises:
        InputError: A seed, the project file or the contract is missing or not as it was.
    """
    try:
        variables = yaml.safe_load(project_yml.read_text(encoding="utf-8"))["vars"]
        models = yaml.safe_load(traits_yml.read_text(encoding="utf-8"))["models"]
        traits = next(model for model in models if model["name"] == "customer_traits")["columns"]
        return Catalogue(
            contents=_contents(_rows(seeds / "content_catalogue.csv")),
            offers={
                row["offer_id"]: float(row["discount_share"]) for row in _rows(seeds / "offers.csv")
            },
            max_offer_discount_share=float(variables["max_offer_discount_share"]),
            time_zones=frozenset(row["time_zone"] for row in _rows(seeds / "time_zones.csv")),
            never_null=frozenset(trait["name"] for trait in traits if _is_never_null(trait)),
            whole=frozenset(trait["name"] for trait in traits if trait["data_type"] == "bigint"),
        )
    except (OSError, KeyError, TypeError, ValueError, StopIteration, yaml.YAMLError) as error:
        raise InputError(
            f"the catalogues of contents, offers and time zones cannot be read ({error})",
            "restore the seeds, dbt_project.yml and customer_traits.yml",
        ) from None


def _rows(seed: Path) -> list[dict[str, str]]:
    with seed.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _contents(rows: list[dict[str, str]]) -> dict[str, frozenset[str] | None]:
    contents: dict[str, frozenset[str] | None] = {row["content_key"]: None for row in rows}
    for row in rows:
        if row["review_status"] == "approved":
            words = re.findall(r"\{(\w+)\}", row["subject"] + row["body"])
            contents[row["content_key"]] = (contents[row["content_key"]] or frozenset()) | {*words}
    return contents


def _is_never_null(trait: dict[str, Any]) -> bool:
    return "not_null" in trait.get("data_tests", [])
