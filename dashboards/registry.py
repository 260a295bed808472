"""The metric registry: what a published number is called, means, comes from and may be shown for.

Only `metrics.yml` states metrics; pages, the publish step and the commands read them from here.
"""

from collections.abc import Mapping, Set
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from audiences.errors import InputError

METRICS = Path(__file__).with_name("metrics.yml")
Text = Annotated[str, Field(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Words(_Strict):
    """One text in every language of the pages."""

    en: Text
    tr: Text

    def of(self, language: str) -> str:
        """The text in one language."""
        return str(getattr(self, language))


class Mart(_Strict):
    """A warehouse relation of aggregates, one row a key."""

    relation: Annotated[str, Field(pattern=r"^[a-z_]+\.[a-z_]+$")]
    keys: tuple[Text, ...]
    flags: tuple[Text, ...]
    people: Text


class Metric(_Strict):
    """One column of a mart, with its meaning."""

    key: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    mart: str
    column: Text
    unit: Literal["customers", "answers", "points", "share", "ratio"]
    format: Literal["integer", "decimal", "percent", "score"]
    direction: Literal["up", "down", "none"]
    additive: bool
    owner: Text
    minimum_group: Annotated[int, Field(ge=2)]
    name: Words
    explanation: Words


class Registry(_Strict):
    """All metrics and the marts they come from."""

    version: Literal[1]
    marts: dict[str, Mart]
    metrics: tuple[Metric, ...]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        keys = [metric.key for metric in self.metrics]
        if twice := sorted({key for key in keys if keys.count(key) > 1}):
            raise ValueError(f"metric keys used twice: {', '.join(twice)}")
        if lost := sorted({metric.mart for metric in self.metrics} - set(self.marts)):
            raise ValueError(f"metrics name unknown marts: {', '.join(lost)}")
        if unused := sorted(set(self.marts) - {metric.mart for metric in self.metrics}):
            raise ValueError(f"marts without a metric: {', '.join(unused)}")
        return self

    @cached_property
    def by_key(self) -> dict[str, Metric]:
        """Metrics by their key."""
        return {metric.key: metric for metric in self.metrics}

    def of_mart(self, mart: str) -> list[Metric]:
        """The metrics that come from one mart, in the registry's order."""
        return [metric for metric in self.metrics if metric.mart == mart]

    def minimum_group(self, mart: str) -> int:
        """The fewest people a row of the mart may be about: the strictest of its metrics."""
        return max(metric.minimum_group for metric in self.of_mart(mart))

    def check_columns(self, relations: Mapping[str, Set[str]]) -> None:
        """Fail when the registry names something the warehouse does not have.

        Args:
            relations: Column names by relation, as `schema.name`.

        Raises:
            InputError: A metric's or key's column, or a whole mart, is missing.
        """
        for mart in self.marts.values():
            if mart.relation not in relations:
                raise InputError(
                    f"dashboards/metrics.yml: {mart.relation} is not in the warehouse",
                    "build the models first: perennial build",
                )
        for name, column, user in self._columns():
            if column not in relations[self.marts[name].relation]:
                raise InputError(
                    f"dashboards/metrics.yml: {user} needs column {column}, "
                    f"which {self.marts[name].relation} does not have",
                    "name an existing column, or add it to the model",
                )

    def _columns(self) -> list[tuple[str, str, str]]:
        return [
            (name, column, f"mart {name}")
            for name, mart in self.marts.items()
            for column in (*mart.keys, *mart.flags)
        ] + [(metric.mart, metric.column, f"metric {metric.key}") for metric in self.metrics]


def load_registry(path: Path = METRICS) -> Registry:
    """Read and check the registry.

    Raises:
        InputError: The file does not say what a registry must say.
    """
    try:
        return Registry.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InputError(
            f"{path.name}: {where}: {first['msg']}" if where else f"{path.name}: {first['msg']}",
            "see the comment at the top of dashboards/metrics.yml",
        ) from None
