"""Servers that tests start: each in a virtual environment of its own, made once, with exactly the versions named."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

ENVIRONMENTS = Path(__file__).resolve().parents[2] / ".venv" / ".servers"


def server_environment(name: str, requirements: str) -> Path:
    """The programs of an environment that holds exactly these versions; it is made when it is not there.

    Skips the test when pip cannot install them, saying why.
    """
    folder = ENVIRONMENTS / name
    programs, done = folder / "bin", folder / "requirements.txt"
    if done.is_file() and done.read_text() == requirements:
        return programs
    for command in (
        [sys.executable, "-m", "venv", "--clear", folder],
        [
            programs / "python",
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            *requirements.split(),
        ],
    ):
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode:
            last = (made.stderr.strip() or made.stdout.strip()).splitlines()[-1:]
            pytest.skip(f"{name} cannot be installed: {' '.join(last)}")
    done.write_text(requirements)
    return programs


def free_port() -> int:
    """A port on loopback nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@contextmanager
def running(
    command: Sequence[str | Path],
    port: int,
    log: Path,
    environment: Mapping[str, str] | None = None,
) -> Iterator[None]:
    """A server while the context is open, from the moment it listens."""
    with log.open("w") as said:
        server = subprocess.Popen(command, stdout=said, stderr=said, env=environment)
    try:
        _wait_for(port, server, log)
        yield
    finally:
        server.terminate()
        server.wait(30)


def _wait_for(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            assert server.poll() is None, f"{server.args!r} has stopped: {log.read_text()[-2000:]}"
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(f"{server.args!r} does not listen")
