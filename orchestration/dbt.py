"""How dbt is called: the project, its environment, and plain builds without Dagster."""

import os
import subprocess
import sys
from pathlib import Path

from audiences.errors import WorkError
from orchestration.settings import DBT_PROJECT, Settings

AFTER_GATE = "tag:after_gate"
MANIFEST = DBT_PROJECT / "target" / "manifest.json"
DBT = Path(sys.executable).parent / "dbt"


def environment(settings: Settings) -> dict[str, str]:
    """The process environment with this run's settings in it, for a dbt subprocess."""
    return {**os.environ, **settings.environment(), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}


class Parsing:
    """A refresh of the manifest from the project's files, under way in a process of its own."""

    def __init__(self, settings: Settings) -> None:
        self._process = subprocess.Popen(
            [str(DBT), "parse", "--quiet"], cwd=DBT_PROJECT, env=environment(settings)
        )

    def manifest(self) -> Path:
        """Wait for the manifest and return its path.

        Raises:
            WorkError: The project cannot be parsed.
        """
        _refuse_failure("parse", self._process.wait())
        return MANIFEST


def parse(settings: Settings) -> Path:
    """Refresh the manifest from the project's files and return its path.

    Raises:
        WorkError: The project cannot be parsed.
    """
    return Parsing(settings).manifest()


def build(settings: Settings, arguments: list[str]) -> None:
    """Run `dbt build` with the given arguments; its output goes to the terminal.

    Raises:
        WorkError: A model or a test failed.
    """
    settings.warehouse.parent.mkdir(parents=True, exist_ok=True)
    finished = subprocess.run(
        [str(DBT), "build", *arguments], cwd=DBT_PROJECT, env=environment(settings), check=False
    )
    _refuse_failure("build", finished.returncode)


def run_operation(settings: Settings, macro: str) -> None:
    """Run one macro against the warehouse, in silence.

    Raises:
        WorkError: It failed, or the warehouse is being written.
    """
    finished = subprocess.run(
        [str(DBT), "run-operation", macro, "--quiet"],
        cwd=DBT_PROJECT,
        env=environment(settings),
        capture_output=True,
        check=False,
    )
    _refuse_failure(f"run-operation {macro}", finished.returncode)


def _refuse_failure(command: str, returncode: int) -> None:
    if returncode != 0:
        raise WorkError(
            f"dbt {command} failed", "read dbt's messages above; they name the model or test"
        )
