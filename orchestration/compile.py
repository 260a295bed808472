"""Where the project keeps its definitions and their compiled models."""

from audiences.catalogue import read_catalogue
from audiences.compiled import Difference, check_compiled, compile_to, read_names
from audiences.loader import Language
from audiences.purposes import read_sensitive_purposes
from audiences.rules import read_sensitive_traits, read_traits
from orchestration.settings import DBT_PROJECT, DEFINITIONS

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


def audience_language() -> Language:
    """What the project's definitions may refer to."""
    return Language(
        traits=read_traits(TRAITS),
        purposes=read_names(PURPOSES, "purpose"),
        metrics=read_names(SEEDS / "goal_metrics.csv", "metric"),
        catalogue=read_catalogue(SEEDS, DBT_PROJECT / "dbt_project.yml", TRAITS),
        sensitive=read_sensitive_purposes(PURPOSES, read_sensitive_traits(TRAITS)),
    )
