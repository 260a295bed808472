"""What a person sees of a sync under way: a bar on a terminal, elsewhere a plain line every so often."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from orchestration.progress import say

EVERY = 10  # seconds between plain lines

Show = Callable[[int, int], None]


@contextmanager
def shown_progress(sync: str, *, is_quiet: bool = False) -> Iterator[Show]:
    """A function to be told rows done and rows planned, which shows them while the context is open."""
    if is_quiet:
        yield lambda _done, _planned: None
    elif sys.stderr.isatty():
        with _bar() as bar:
            task = bar.add_task(f"sync {sync}", total=None)
            yield lambda done, planned: bar.update(task, completed=done, total=planned)
    else:
        yield PlainLines(sync)


class PlainLines:
    """Says how far a sync is, at most once in ten seconds; a short one says nothing.

    Args:
        sync: Its name.
        clock: Seconds that only go forward.
    """

    def __init__(self, sync: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._sync, self._clock = sync, clock
        self._began = self._said = clock()

    def __call__(self, done: int, planned: int) -> None:
        """Take rows done and rows planned."""
        now = self._clock()
        if done == 0 or done >= planned or now - self._said < EVERY:
            return
        self._said = now
        rate = done / (now - self._began)
        say(
            f"sync {self._sync}: {done:,} of {planned:,} rows, {rate:,.0f} rows/s, "
            f"{_time((planned - done) / rate)} left"
        )


class _Rows(ProgressColumn):
    """Rows done of those planned, once that is known."""

    def render(self, task: Task) -> Text:
        known = task.total is not None
        return Text(f"{task.completed:,.0f} of {task.total:,.0f} rows" if known else "")


class _Rate(ProgressColumn):
    """Rows a second."""

    def render(self, task: Task) -> Text:
        return Text("" if task.speed is None else f"{task.speed:,.0f} rows/s")


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        _Rows(),
        _Rate(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )


def _time(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
