"""Carries an error a person can mend through Dagster and out again."""

import contextlib
from collections.abc import Iterator

import dagster as dg

from audiences.errors import PerennialError


@contextlib.contextmanager
def as_failure() -> Iterator[None]:
    """Turn a PerennialError into Dagster's Failure, so that the run page shows the problem and the fix."""
    try:
        yield
    except PerennialError as error:
        raise dg.Failure(
            description=error.problem,
            metadata={"fix": error.fix, "exit_code": error.exit_code},
            allow_retries=False,
        ) from error


def complaints(result: dg.ExecuteInProcessResult) -> list[tuple[str, str, int]]:
    """The problem, the fix and the exit code of every failed step, in the order they failed."""
    found = []
    for event in result.all_events:
        if not event.is_step_failure:
            continue
        data = event.step_failure_data
        if data.user_failure_data and data.user_failure_data.description:
            metadata = data.user_failure_data.metadata
            fix = metadata.get("fix")
            code = metadata.get("exit_code")
            found.append(
                (
                    data.user_failure_data.description,
                    str(fix.value) if fix else "see the message",
                    int(str(code.value)) if code else 1,
                )
            )
        else:
            message = data.error.message.strip() if data.error else "no message"
            found.append((f"step {event.step_key}: {message}", "see the messages above", 1))
    return found
