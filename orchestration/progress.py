"""What a person sees while the pipeline works: one line a step, and on a terminal a running count."""

import contextlib
import re
import sys
import time
from collections.abc import Iterator
from typing import TextIO

RESULT = re.compile(r"^(\d+) of (\d+) (OK|PASS|WARN|ERROR|FAIL|SKIP)\b")


def say(line: str) -> None:
    """Print one line of progress at once."""
    print(line, flush=True)


class DbtOutput:
    """Takes dbt's lines and shows what matters: a running count on a terminal, warnings, errors, and a summary.

    The full log stays in dbt's target folder.
    """

    def __init__(self, title: str, out: TextIO) -> None:
        self._title = title
        self._out = out
        self._started = time.monotonic()
        self._counts: dict[str, int] = {}

    def write(self, text: str) -> int:
        """Take one or more lines."""
        for line in text.splitlines():
            self._take(line)
        return len(text)

    def flush(self) -> None:
        """Part of the file protocol."""
        self._out.flush()

    def close(self) -> None:
        """Print the summary line."""
        good = self._counts.get("OK", 0), self._counts.get("PASS", 0)
        bad = sum(self._counts.get(kind, 0) for kind in ("ERROR", "FAIL", "SKIP"))
        seconds = time.monotonic() - self._started
        self._clear()
        self._line(
            f"{self._title}: {good[0]} models, {good[1]} tests passed"
            + (f", {bad} failed or skipped" if bad else "")
            + f" ({seconds:.0f} s)"
        )

    def _take(self, line: str) -> None:
        found = RESULT.match(line)
        if not found:
            return
        position, total, kind = found.groups()
        self._counts[kind] = self._counts.get(kind, 0) + 1
        if kind in ("ERROR", "FAIL", "WARN"):
            self._clear()
            self._line(f"  {line.split(' ', 3)[3]}")
        elif self._out.isatty():
            self._out.write(f"\r{self._title}: {position} of {total}")
            self._out.flush()

    def _clear(self) -> None:
        if self._out.isatty():
            self._out.write("\r\033[K")

    def _line(self, text: str) -> None:
        self._out.write(text + "\n")
        self._out.flush()


@contextlib.contextmanager
def dbt_output(title: str) -> Iterator[None]:
    """Show what is printed inside as dbt's progress."""
    output = DbtOutput(title, sys.stdout)
    with contextlib.redirect_stdout(output):
        yield
    output.close()
