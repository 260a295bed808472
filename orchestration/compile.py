"""Where the project keeps its definitions and their compiled models."""

from audiences.compiled import Difference, check_compiled, compile_to, read_purposes
from audiences.loader import Language
from audiences.rules import read_traits
from orchestration.settings import DBT_PROJECT, DEFINITIONS

MODELS = DBT_PROJECT / "models" / "audiences"
TRAITS = DBT_PROJECT / "models" / "marts" / "activation" / "customer_traits.yml"
PURPOSES = DBT_PROJECT / "seeds" / "consent_purposes.csv"


def compile_audiences(check: bool = False) -> Difference:
    """Bring the compiled models up to date with the definitions.

    Args:
        check: Only say what would change.
    """
    act = check_compiled if check else compile_to
    return act(DEFINITIONS, MODELS, TRAITS, read_purposes(PURPOSES))


def audience_language() -> Language:
    """What the project's definitions may refer to."""
    return Language(read_traits(TRAITS), read_purposes(PURPOSES))
