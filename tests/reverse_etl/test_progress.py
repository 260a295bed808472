"""What is shown of a sync under way: a bar on a terminal, plain lines elsewhere, nothing beside JSON."""

import contextlib
import os
import pty
import re
import sys
from collections.abc import Iterator

import pytest

from orchestration.sync_progress import PlainLines, shown_progress

Printed = pytest.CaptureFixture[str]


def test_plain_lines_come_every_so_often(capfd: Printed) -> None:
    seconds: Iterator[float] = iter([0, 5, 10, 15, 25, 40])
    lines = PlainLines("people_to_webhook", clock=lambda: next(seconds))
    for done in (1_000, 2_000, 3_000, 5_000, 10_000):
        lines(done, 10_000)
    assert capfd.readouterr().out.splitlines() == [
        "sync people_to_webhook: 2,000 of 10,000 rows, 200 rows/s, 0:40 left",
        "sync people_to_webhook: 5,000 of 10,000 rows, 200 rows/s, 0:25 left",
    ]


def test_nothing_is_shown_of_a_short_sync_nor_beside_json(capfd: Printed) -> None:
    with shown_progress("people_to_webhook") as show:
        show(0, 10)
        show(10, 10)
    with shown_progress("people_to_webhook", is_quiet=True) as show:
        show(5, 10)
    assert capfd.readouterr() == ("", "")


def test_a_terminal_gets_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as terminal:
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setenv("COLUMNS", "100")
        monkeypatch.setattr(sys, "stderr", terminal)
        with shown_progress("people_to_webhook") as show:
            show(0, 10_000)
            show(2_500, 10_000)
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", all_that_was_drawn(ours))
    assert re.search(r"sync people_to_webhook [━╺]+ 2,500 of 10,000 rows", plain)


def all_that_was_drawn(terminal: int) -> str:
    """A terminal gives what was written piece by piece, and an error after the last."""
    drawn = b""
    with os.fdopen(terminal, "rb", buffering=0) as reader, contextlib.suppress(OSError):
        while piece := reader.read(4096):
            drawn += piece
    return drawn.decode()
