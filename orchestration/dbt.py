"""How dbt is called: the project, its environment, and plain builds without Dagster."""

import os
import subprocess
import sys
from pathlib import Path

from audiences.errors import WorkError
from orchestration.settings import DBT_PROJECT, Settings

AFTER_GATE = "tag:after_gate"
DBT = Path(sys.executable).parent / "dbt"


def environment(settings: Settings) -> dict[str, str]:
    """The process environment with this run's settings in it, for a dbt subprocess."""
    return {**os.environ, **settings.environment(), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}


def parse(settings: Settings) -> Path:
    """Refresh the manifest from the project's files and return its path."""
    _call(["parse", "--quiet"], settings)
    return DBT_PROJECT / "target" / "manifest.json"


def build(settings: Settings, arguments: list[str]) -> None:
    """Run `dbt build` with the given arguments; its output goes to the terminal.

    Raises:
        WorkError: A model or a test failed.
    """
    settings.warehouse.parent.mkdir(parents=True, exist_ok=True)
    _call(["build", *arguments], settings)


def _call(arguments: list[str], settings: Settings) -> None:
    finished = subprocess.run(
        [str(DBT), *arguments], cwd=DBT_PROJECT, env=environment(settings), check=False
    )
    if finished.returncode != 0:
        raise WorkError(
            f"dbt {arguments[0]} failed", "read dbt's messages above; they name the model or test"
        )
