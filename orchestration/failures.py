"""Carries an error a person can mend through Dagster and out again."""

import contextlib
from collections.abc import Iterator, Mapping

import dagster as dg

from audiences.errors import PerennialError
from orchestration.complaint import Complaint


@contextlib.contextmanager
def as_failure() -> Iterator[None]:
    """Turn a PerennialError into Dagster's Failure, so that the run page shows the problem and the fix."""
    try:
        yield
    except PerennialError as error:
        raise failure_of(error) from error


def failure_of(
    error: PerennialError, metadata: Mapping[str, dg.MetadataValue] | None = None
) -> dg.Failure:
    """The error as Dagster's Failure, with what else is to be seen on the run page."""
    return dg.Failure(
        description=error.problem,
        metadata={"fix": error.fix, "exit_code": error.exit_code, **(metadata or {})},
        allow_retries=False,
    )


def complaints(result: dg.ExecuteInProcessResult) -> list[Complaint]:
    """What every failed step says, in the order they failed."""
    return [_complaint(event) for event in result.all_events if event.is_step_failure]


def _complaint(event: dg.DagsterEvent) -> Complaint:
    data = event.step_failure_data
    if data.user_failure_data and data.user_failure_data.description:
        metadata = {key: item.value for key, item in data.user_failure_data.metadata.items()}
        return Complaint(
            data.user_failure_data.description,
            str(metadata.get("fix", "see the message")),
            int(str(metadata.get("exit_code", 1))),
        )
    kind = data.error.cls_name if data.error else "an error"
    return Complaint(
        f"step {event.step_key} failed with {kind}",
        "see the messages above; `dagster dev` shows the whole trace",
    )
