"""The people withheld from all marketing: `global_holdout.yml` beside the definitions; without it, nobody."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from audiences.language.blocks import Block, Name
from audiences.spec import Salt, Slots

FILE = "global_holdout.yml"


class GlobalHoldout(Block):
    """Which slots are withheld from every audience that does not say otherwise, as an experiment of its own."""

    version: Literal["1"]
    key: Name
    phase: int = Field(ge=1, le=9999)
    salt: Salt
    slots: Slots


def holdout_file(definitions_dir: Path) -> Path:
    """Where the global holdout of a folder of definitions is written down."""
    return definitions_dir.parent / FILE
