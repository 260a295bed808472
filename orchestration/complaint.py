"""What a failed run says to a person."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Complaint:
    """What failed, how to mend it, and the exit code it calls for."""

    problem: str
    fix: str
    exit_code: int = 1
