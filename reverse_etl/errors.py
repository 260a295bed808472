"""What can go wrong with a sync.

Shown to a person (audiences/errors.py):

    InputError
    └── SyncError          a sync file, or what it names, is wrong

Said by a destination to the delivery engine instead of an answer, never shown as such:

    DeliveryProblem
    ├── TryLater           the same request may do better later; the only one that is retried
    ├── BatchRefused       this batch will not be taken as it stands; a part of it may
    ├── JobLost            a job it took is not there any more
    └── DestinationClosed  no request will be taken: wrong address, credentials or permission
"""

from collections.abc import Mapping

from audiences.errors import InputError


class SyncError(InputError):
    """A sync file, or what it names, is wrong."""


class DeliveryProblem(Exception):  # noqa: N818 - a signal, not an error
    """A destination did not take a batch.

    Args:
        reason: What it said, masked; no personal data, no secret.
        is_unsent: Whether it is certain that nothing of the batch was done.
    """

    def __init__(self, reason: str, *, is_unsent: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.is_unsent = reason, is_unsent


class TryLater(DeliveryProblem):
    """The same request may do better later.

    Args:
        reason: What happened.
        wait: Seconds the destination asked for, when it did.
        is_unsent: Whether it is certain that nothing of the batch was done.
    """

    def __init__(self, reason: str, wait: float | None = None, *, is_unsent: bool = False) -> None:
        super().__init__(reason, is_unsent=is_unsent)
        self.wait = wait


class BatchRefused(DeliveryProblem):
    """The batch will not be taken as it stands.

    Args:
        reason: What was said of it.
        rejected: The rows it was refused for, by index, with the reason; none when that was not said.
    """

    def __init__(self, reason: str, rejected: Mapping[int, str] | None = None) -> None:
        super().__init__(reason)
        self.rejected = rejected or {}


class JobLost(DeliveryProblem):
    """The destination knows nothing of a job it was given any more; what the job did is unknown."""


class DestinationClosed(DeliveryProblem):
    """No request will be taken before somebody mends something."""
