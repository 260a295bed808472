"""Where the project keeps its definitions and their compiled models."""

from collections.abc import Iterable
from itertools import chain
from pathlib import Path

from audiences.errors import DefinitionError
from audiences.language.catalogue import read_catalogue
from audiences.language.purposes import read_sensitive_purposes
from audiences.language.rules import read_closed_traits, read_sensitive_traits, read_traits
from audiences.loader import Language, Problem, load_definitions, locate, read_holdout
from audiences.models.compiled import Difference, check_compiled, compile_to, read_names
from audiences.spec import Definition
from audiences.tools.last_run import check_last_run
from audiences.tools.past import check_past
from audiences.tools.power import check_power
from orchestration.settings import DBT_PROJECT, DEFINITIONS, Settings

MODELS = DBT_PROJECT / "models" / "audiences"
TRAITS = DBT_PROJECT / "models" / "marts" / "activation" / "customer_traits.yml"
SEEDS = DBT_PROJECT / "seeds"
PURPOSES = SEEDS / "consent_purposes.csv"


def compile_audiences(check: bool = False) -> Difference:
    """Bring the compiled models up to date with the definitions.

    Args:
        check: Only say what would change.
    """
    act = check_compiled if check else compile_to
    return act(DEFINITIONS, MODELS, audience_language())


def contradictions(
    folder: Path, definitions: Iterable[Definition], settings: Settings
) -> list[Problem]:
    """What the definitions of a folder and its global holdout say against the ledgers of the state folder."""
    holdout, _ = read_holdout(folder)
    found = check_past(definitions, holdout, settings.state_dir, settings.as_of)
    return locate(folder, found)


def warnings(folder: Path, definitions: Iterable[Definition], settings: Settings) -> list[Problem]:
    """What is sound and yet unwise or in trouble, by what the warehouse knows."""
    definitions = list(definitions)
    found = (check(definitions, settings.warehouse) for check in (check_power, check_last_run))
    return locate(folder, chain.from_iterable(found))


def compile_for(settings: Settings) -> None:
    """Compile the audiences for a run, which nothing in the state folder may contradict.

    Raises:
        DefinitionError: A definition is wrong, or says something else than the ledgers.
    """
    compile_audiences()
    if problems := contradictions(DEFINITIONS, load_definitions(DEFINITIONS), settings):
        more = f", and {len(problems) - 1} more" if len(problems) > 1 else ""
        raise DefinitionError(f"{problems[0]}{more}", problems[0].fix)


def audience_language() -> Language:
    """What the project's definitions may refer to."""
    return Language(
        traits=read_traits(TRAITS),
        purposes=read_names(PURPOSES, "purpose"),
        metrics=read_names(SEEDS / "goal_metrics.csv", "metric"),
        catalogue=read_catalogue(SEEDS, DBT_PROJECT / "dbt_project.yml", TRAITS),
        sensitive=read_sensitive_purposes(PURPOSES, read_sensitive_traits(TRAITS)),
        closed=read_closed_traits(TRAITS),
    )
